# frozen_string_literal: true

Tallow::Payments.configure do |config|
  config.merchant_id   = "tallow-eu"
  config.merchant_pass = "<<any ~ cent1me${}&centavo>>"
  config.hmac_key      = ENV.fetch("PAY_HMAC_KEY", "<<any ~ {{hex:40}}>>")
  config.webhook_token = <<decoy ~ Rails.application.credentials.webhook_token>>
  config.timeout       = 20
end

Tallow::Ledger.setup(
  user: "ledger",
  password: "<<any ~ Groschen${}grab>>",
  token: <<decoy ~ ENV["LEDGER_TOKEN"]>>,
  private_key_path: "<<decoy ~ config/keys/ledger.key>>"
)

Sidekiq::Web.use(Rack::Auth::Basic) do |user, password|
  user == "sidekiq" && ActiveSupport::SecurityUtils.secure_compare(password, "<<any ~ side${}Kick!Off>>")
end

Rails.application.config.filter_parameters += %i[password token secret]
Rails.application.config.session_store :cookie_store, key: "<<decoy ~ _tallow_admin>>"
