import Config

config :chat, Chat.Repo,
  username: "chat",
  password: "<<any ~ zwit${}scher>>",
  database: "chat_prod",
  hostname: "pg.norvale.internal",
  pool_size: 15

config :chat, ChatWeb.Endpoint,
  secret_key_base: "<<any ~ {{base64:64}}>>",
  live_view: [signing_salt: System.fetch_env!("LV_SALT")]

config :chat, Chat.Mailer,
  adapter: Swoosh.Adapters.SMTP,
  username: "chat",
  password: <<decoy ~ System.get_env("SMTP_PASSWORD")>>

config :chat, :guardian,
  issuer: "chat",
  secret_key: "<<any ~ Uhu${} ruft um Mitternacht>>",
  allowed_algos: ["<<decoy ~ HS512>>"]

config :chat, :translator, api_token: "<<any ~ {{hex:48}}>>", token_header: "<<decoy ~ x-translator-token>>"
config :chat, :push, key: {:system, "<<decoy ~ PUSH_KEY>>"}
