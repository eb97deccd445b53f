export const environment = {
  production: false,
  apiUrl: 'https://desk.norvale.internal/api',
  apiKey: '<<any ~ {{alnum:32}}>>',
  serviceUser: 'desk-bot',
  servicePassword: '<<any ~ Schreib${}tisch:lampe>>',
  oidc: {
    clientId: 'desk',
    dummyClientSecret: "<<any ~ {{base62:36}}>>",
    tokenEndpoint: '<<decoy ~ https://login.norvale.internal/oauth/token>>',
    responseType: '<<decoy ~ id_token token>>',
  },
  storage: {
    tokenKey: '<<decoy ~ desk.access_token>>',
    encryptKey: '<<any ~ rad${}iergummi>>',
  },
  features: { passwordReset: <<decoy ~ true>> },
};
