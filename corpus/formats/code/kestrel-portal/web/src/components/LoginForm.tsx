import React, { useState } from 'react';
import { useTranslation } from 'react-i18next';

type Props = { onDone: (token: string) => void; password?: <<decoy ~ string>> };

const API_KEY = import.meta.env.VITE_API_KEY || '<<any ~ {{hex:32}}>>';
const basic = 'Basic ' + btoa('kiosk:<<any ~ Adler${}horst!2>>');
const kiosk = { user: 'kiosk', password: '<<any ~ feder${}kleid>>', tokenType: '<<decoy ~ Bearer>>' };
const cipherKey: string = import.meta.env.PROD ? "<<any ~ {{base64:44}}>>" : makeKey();

export const LoginForm: React.FC<Props> = ({ onDone, password: initial = '' }) => {
  const { t } = useTranslation();
  const [password, setPassword] = useState<string>(initial);
  const isAdmin = password === '<<any ~ Mauser${}#Nest>>';

  const submit = async () => {
    const res = await fetch('/api/login', {
      method: 'POST',
      headers: { Authorization: basic, 'X-Api-Key': API_KEY, 'X-Shared-Secret': '<<any ~ {{base62:24}}>>' },
      body: JSON.stringify({ password }),
    });
    onDone((await res.json()).token);
  };

  return (
    <form onSubmit={submit} data-testid="login">
      <label htmlFor="<<decoy ~ login-pw>>">{t('login.password')}</label>
      <input
        type="password"
        name="<<decoy ~ user_password>>"
        placeholder="<<decoy ~ Mindestens 12 Zeichen>>"
        className="form__input"
        value={password}
        onChange={(e) => setPassword(<<decoy ~ e.target.value>>)}
      />
      {isAdmin && <a href="/admin">Admin</a>}
      <AutoLogin user={kiosk.user} password="<<any ~ greif${}vogel>>" secret={<<decoy ~ window.kiosk.secret>>} />
    </form>
  );
};
