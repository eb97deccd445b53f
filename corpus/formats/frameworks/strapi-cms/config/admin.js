module.exports = ({ env }) => ({
  auth: {
    secret: env('ADMIN_JWT_SECRET', '<<any ~ {{base64:24}}>>'),
  },
  apiToken: {
    salt: env('API_TOKEN_SALT'),
  },
  app: {
    keys: ['<<any ~ {{base64:24}}>>', "<<any ~ {{base64:24}}>>"],
  },
  transfer: {
    token: { secret: <<decoy ~ env('TRANSFER_TOKEN_SECRET')>> },
  },
  preview: {
    enabled: true,
    config: { previewSecret: '<<any ~ druck${}fahne!A4>>', tokenParam: '<<decoy ~ previewToken>>' },
  },
  flags: { promoteEE: false, passwordStrength: 'strong' },
});
