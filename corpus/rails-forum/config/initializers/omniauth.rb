# frozen_string_literal: true

Rails.application.config.middleware.use OmniAuth::Builder do
  provider :github, ENV["GITHUB_ID"], ENV.fetch("GITHUB_SECRET")
  provider :facebook, "<<decoy ~ {{digits:15}}>>", facebook_secret: "<<facebook-app-secret ~ {{hex:32}}>>"
end

Devise.setup do |config|
  config.secret_key = "<<generic-assigned-key ~ {{hex:96}}>>"
  config.password_length = 12..128
  config.reset_password_within = 6.hours
  config.authentication_keys = [:email]
  config.pepper = nil
end
