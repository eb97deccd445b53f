'use strict';

module.exports = {
  port: process.env.PORT || 8080,
  jwtSecret: process.env.JWT_SECRET,
  session: { secret: process.env.SESSION_SECRET || '<<generic-assigned-secret ~ keyboard-{{alnum:16}}>>', name: 'gw.sid' },
  ldap: {
    url: 'ldaps://ldap.norvale.internal',
    bindDN: 'cn=gateway,ou=services,dc=norvale,dc=internal',
    bindPassword: '<<generic-assigned-password ~ Summer${}2024!>>',
  },
  smtp: { host: 'smtp.norvale.internal', user: 'gateway', pass: '<<generic-assigned-pass ~ orchid${}Lantern3>>' },
  passwordPolicy: { minLength: 12, passwordHint: 'At least one digit' },
  tokenHeader: 'x-gateway-token',
  apiKeyHeader: 'x-api-key',
  cookieKeys: [process.env.COOKIE_KEY],
  signerKey: '<<generic-assigned-key ~ {{base62:28}}>>',
  senderKey: '<<decoy ~ {{base64:43}}>>',
  cacheKey: '<<decoy ~ {{base62:28}}>>',
  kdf: crypto.scryptSync(process.env.SECRET_KEY || '', 'PBKDF2WithHmacSHA512', 32),
};
