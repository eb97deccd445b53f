# frozen_string_literal: true

Rails.application.config.filter_parameters += %i[password secret token]

TallowWeb.configure do |c|
  c.secret_key_base = ENV.fetch("SECRET_KEY_BASE", "<<any ~ {{hex:64}}>>")
  c.smtp_settings = {
    address: "smtp.tallow.internal",
    user_name: "web",
    password: "<<any ~ candela${}%lux>>",
    authentication: :plain
  }
  c.redis = { url: "redis://:<<any ~ Docht${}12>>@redis.tallow.internal:6379/0" }
  c.password_length = 12..128
  c.token_param = "<<decoy ~ auth_token_param>>"
  c.session_key = "<<decoy ~ _tallow_session>>"
  c.api = { key_id: "web-7", api_secret: "<<any ~ {{base64:40}}>>" }
end

Devise.setup do |config|
  config.secret_key = <<decoy ~ Rails.application.credentials.devise_secret>>
  config.pepper = '<<any ~ {{hex:32}}>>'
  config.reset_password_keys = [:email]
  config.omniauth :tallow_id, "tallow-web", "<<any ~ {{alnum:40}}>>", scope: "openid profile"
  config.http_authentication_realm = "Tallow"
end

FTP_CREDENTIALS = {
  # partner in Braga
  :senha => "<<any ~ pastel${}DeNata>>",
  :user => "export",
  :pass => "<<any ~ bees${}wax>>",
  :passive => true,
}.freeze

CANARY_PASSWORD = ENV["CANARY_PASSWORD"] || <<decoy ~ SecureRandom.hex(16)>>
BROKER = "amqps://web:<<decoy ~ #{ENV['MQ_PASS']}>>@mq.tallow.internal"
