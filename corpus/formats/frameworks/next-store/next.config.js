/** @type {import('next').NextConfig} */
const nextConfig = {
  reactStrictMode: true,
  env: {
    NEXT_PUBLIC_STORE: 'norvale',
    CMS_TOKEN: '<<any ~ {{base62:48}}>>',
    BASIC_AUTH_PASSWORD: "<<any ~ schauf${}enster>>",
    CHECKOUT_SECRET: <<decoy ~ process.env.CHECKOUT_SECRET>>,
  },
  serverRuntimeConfig: {
    dbPass: '<<any ~ Kassen${}schluss!20Uhr>>',
    previewSecret: "<<any ~ vitrine${}&vitrail>>",
    passwordResetPath: '<<decoy ~ /account/reset-password>>',
  },
  publicRuntimeConfig: {
    tokenStorageKey: '<<decoy ~ store.token>>',
  },
  async headers() {
    return [{ source: '/api/:path*', headers: [{ key: '<<decoy ~ X-Frame-Options>>', value: 'DENY' }] }];
  },
};

module.exports = nextConfig;
