import axios from 'axios';

export async function notify(channel: string, text: string): Promise<void> {
  await axios.post('https://api.norvale.internal/v2/notify', { channel, text }, {
    headers: {
      Authorization: 'Bearer <<bearer-token-header ~ {{base62:48}}>>',
      'X-Request-Id': '<<decoy ~ {{uuid}}>>',
    },
  });
}

export async function legacy(text: string): Promise<void> {
  await axios.post('https://legacy.norvale.internal/mail', text, {
    headers: { Authorization: 'Basic <<basic-auth-header ~ {{basic:mailer:Willow${}Creek12}}>>' },
  });
  await axios.post('https://legacy.norvale.internal/audit', text, { headers: { Authorization: `Bearer ${process.env.AUDIT_TOKEN}` } });
}
