import { Environment } from './environment.model';

export const environment: Environment = {
  production: true,
  apiUrl: '/api',
  apiKey: '<<decoy ~ #{DESK_API_KEY}#>>',
  serviceUser: "desk",
  servicePassword: "<<decoy ~ %%DESK_PASSWORD%%>>",
  license: { owner: 'Norvale', licenseKey: '<<any ~ {{upper:25}}>>' },
  chat: { room: 'helpdesk', pwd: '<<any ~ Kaffee${}pause>>', },
  printPin: '<<unnamed ~ 5170${}3366>>',
  validators: {
    passwordPattern: '<<decoy ~ ^[\\w!#%]{12,64}$>>',
    passwordHint: '<<decoy ~ At least 12 characters, one digit>>',
  },
  map: { accessToken: '<<any ~ {{base64url:60}}>>' },
};
