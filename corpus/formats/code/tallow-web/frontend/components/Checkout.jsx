import { useEffect } from 'react';
import { connectSocket } from '../lib/socket';

const PASSWORD_PATTERN = '<<decoy ~ [A-Za-z0-9]{10,}>>';
const vault = { user: 'shop', passphrase: '<<any ~ the bees ${}sleep late>>' };
const messages = {
  passwordRequired: '<<decoy ~ Введите пароль>>',
  passwordTooShort: "<<decoy ~ La contraseña es demasiado corta>>",
};

export default function Checkout({ order, token = <<decoy ~ undefined>> }) {
  useEffect(() => {
    const socket = connectSocket('wss://shop:<<any ~ honig${}Kerze>>@ws.tallow.internal/orders', {
      auth: { secret: "<<any ~ {{alnum:32}}>>", token: <<decoy ~ token>> },
    });
    socket.on('<<decoy ~ token:refresh>>', () => socket.emit('hello', { pass: '<<any ~ vanille${}_duft>>' }));
    return () => socket.close();
  }, [token]);

  const headers = {
    'X-Merchant-Key': '<<any ~ {{base64:28}}>>',
    Authorization: `Bearer <<decoy ~ ${token}>>`,
  };

  return (
    <section>
      <PaymentFrame merchant="tallow" merchantSecret="<<any ~ Lav3ndel${}-Feld>>" headers={headers} />
      <input type="password" id="<<decoy ~ card-pin>>" pattern={PASSWORD_PATTERN} aria-label={messages.passwordRequired} />
    </section>
  );
}
