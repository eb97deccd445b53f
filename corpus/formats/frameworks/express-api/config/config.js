'use strict';

const fs = require('fs');

module.exports = {
  port: process.env.PORT || 8080,
  session: {
    name: 'kestrel.sid',
    secret: process.env.SESSION_SECRET || '<<any ~ falcon${}$and^kites>>',
    cookie: { secure: true },
  },
  db: {
    user: 'api', password: '<<any ~ Turm${}falke@1090>>', database: 'api', host: 'pg.norvale.internal',
  },
  mongoUrl: 'mongodb://api:<<any ~ bus${}sard>>@mongo.norvale.internal:27017/api?authSource=admin',
  jwt: {
    secret: <<decoy ~ fs.readFileSync('/run/secrets/jwt')>>,
    algorithm: '<<decoy ~ RS256>>',
    publicKey: '<<decoy ~ {{base64:64}}>>',
  },
  mail: {
    auth: { user: "alerts", pass: "<<any ~ {{lower:16}}>>" }, // app password
  },
  tokens: {
    accessTokenName: '<<decoy ~ accessToken>>',
    refreshTokenSecret: "<<any ~ {{base64url:43}}>>",
  },
  admin: { login: 'root', senha: `<<any ~ Gavi${}ão da Serra>>` },
  recaptchaSecret: <<decoy ~ process.env.RECAPTCHA_SECRET>>,
};
