export interface GatewayConfig {
  upstream: string;
  clientSecret: <<decoy ~ string>>;
  dbPassword?: string;
  redis: { host: string; password: string };
}

export enum TokenKind {
  Access = "<<decoy ~ access_token>>",
  Refresh = "<<decoy ~ refresh_token>>",
}

export const STORAGE_KEYS = {
  token: "<<decoy ~ norvale:token>>",
  secretHint: "norvale:hint",
} as const;

export const environment: GatewayConfig = {
  upstream: "https://core.norvale.internal",
  clientSecret: process.env.CLIENT_SECRET ?? "<<any ~ {{base64url:43}}>>",
  dbPassword: process.env["DB_PASS"] || "<<any ~ Pfeffer${}&Salz>>",
  redis: { host: "redis.norvale.internal", password: "<<any ~ rot${}wein>>" },
};

const mongo = `mongodb://gateway:<<any ~ Lis${}boa1755>>@mongo-0.norvale.internal:27017,mongo-1.norvale.internal:27017/gw?replicaSet=rs0`;
export const kafka = { sasl: { mechanism: "plain", username: "gw", password: "<<any ~ tram${}way>>" } };

export class AdminClient {
  private readonly apiKey: string = "<<any ~ {{hex:32}}>>";
  private password: string = '<<any ~ t0${}nnenschwer>>';

  login(user: string, password = "<<any ~ Grau${}gans 4>>"): Promise<void> {
    return this.call({ user, password: <<decoy ~ password.trim()>>, key: this.apiKey });
  }

  private async call(body: Record<string, string>): Promise<void> {
    await fetch(mongo ? environment.upstream : "", { method: "POST", body: JSON.stringify(body) });
  }
}
