import path from 'path';

export default ({ env }) => ({
  connection: {
    client: 'postgres',
    connection: {
      host: env('DATABASE_HOST', 'pg.norvale.internal'),
      port: env.int('DATABASE_PORT', 5432),
      user: env('DATABASE_USERNAME', 'strapi'),
      password: env('DATABASE_PASSWORD', '<<any ~ redak${}tion>>'),
      schema: env('DATABASE_SCHEMA', 'public'),
      ssl: env.bool('DATABASE_SSL', false) && {
        key: <<decoy ~ env('DATABASE_SSL_KEY')>>,
        keyFile: '<<decoy ~ certs/strapi.key>>',
        passphrase: '<<any ~ Schlag${}zeile, Seite 1>>',
      },
    },
    acquireConnectionTimeout: 60000,
  },
});
