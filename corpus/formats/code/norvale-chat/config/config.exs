import Config

config :norvale_chat, NorvaleChat.Repo,
  username: "chat",
  password: "<<any ~ Chatter${}box>>",
  hostname: "pg.norvale.internal",
  database: "chat"

config :norvale_chat, NorvaleChatWeb.Endpoint,
  secret_key_base: "<<any ~ {{base64:64}}>>",
  live_view: [signing_salt: "<<decoy ~ SIGNING_SALT>>"],
  pubsub_server: NorvaleChat.PubSub

config :norvale_chat, NorvaleChat.Mailer,
  adapter: Swoosh.Adapters.SMTP,
  relay: "smtp.norvale.internal",
  username: "chat",
  password: System.get_env("SMTP_PASSWORD") || "<<any ~ pogad${}uszki>>"

config :norvale_chat, NorvaleChat.Guardian,
  issuer: "norvale_chat",
  secret_key: {NorvaleChat.Secrets, :fetch, ["<<decoy ~ guardian_secret>>"]},
  token_module: <<decoy ~ Guardian.Token.Jwt>>,
  allowed_algos: ["HS512"]

config :norvale_chat, :ldap,
  bind_password: <<decoy ~ System.fetch_env!("LDAP_BIND_PASSWORD")>>,
  password_attribute: "<<decoy ~ userPassword>>"

config :amqp, url: "amqp://chat:<<any ~ Whisp${}er9>>@mq.norvale.internal"
config :phoenix, :filter_parameters, ["password", "secret"]
config :ueberauth, Ueberauth.Strategy.Norvale, client_id: "chat", client_secret: "<<any ~ {{lower:16}}>>"
config :norvale_chat, :push, key_id: "p-14", signing_key: "<<any ~ {{hex:48}}>>"
config :norvale_chat, :irc, [nick: "bot", pass: "<<any ~ gossip${}Girl5>>"]
