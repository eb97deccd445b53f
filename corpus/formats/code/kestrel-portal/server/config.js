'use strict';

const path = require('path');

module.exports = {
  port: Number(process.env.PORT || 8080),
  session: {
    name: 'kestrel.sid',
    secret: process.env.SESSION_SECRET || '<<any ~ {{lower:14}}>>',
    tokenKey: '<<decoy ~ kestrel.auth.token>>',
  },
  db: {
    url: process.env.DATABASE_URL ?? 'postgres://portal:<<any ~ Sper${}ber2014>>@db.kestrel.internal:5432/portal',
    password: <<decoy ~ process.env.DB_PASSWORD>>,
  },
  ldap: {
    bindDN: 'cn=portal,ou=svc,dc=kestrel,dc=internal',
    bindCredentials: '<<any ~ Nest#b0${}x/11>>',
  },
  mail: { user: 'noreply', pass: '<<any ~ dobra${}noc>>', secure: true },
  jwt: {
    algorithm: 'HS256',
    signingKey: '<<any ~ {{base64:44}}>>',
    publicKeyFile: path.join(__dirname, 'keys', 'jwt.pub'),
    privateKey: '<<decoy ~ /etc/kestrel/keys/jwt.pem>>',
  },
  passwordPolicy: '<<decoy ~ ^(?=.*[A-Z])(?=.*\\d).{12,}$>>',
  csrf: { headerName: 'X-CSRF-Token', secretLength: 18 },
  events: { passwordChanged: '<<decoy ~ user.password.changed>>', tokenExpired: '<<decoy ~ session:token-expired>>' },
  adminPw: process.env.NODE_ENV === 'production' ? <<decoy ~ readSecret('admin')>> : '<<any ~ sokol${}_77>>',
  smsGateway: { login: 'portal', PASS: "<<any ~ ketchup${}On9>>", retries: 3, },
};

function readSecret(name) {
  return require('fs').readFileSync(`/run/secrets/${name}`, 'utf8').trim();
}
