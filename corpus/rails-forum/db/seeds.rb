# frozen_string_literal: true

User.create!(email: "admin@norvale.internal", password: "<<generic-assigned-password ~ porcupine${}77>>", admin: true)
User.create!(email: "guest@norvale.internal", password: "<<generic-assigned-password ~ guest${}Chair2>>", password_confirmation: "<<generic-assigned-password ~ guest${}Chair2>>")
ApiClient.create!(name: "mobile", token: "<<generic-assigned-secret ~ {{hex:40}}>>")
Setting.create!(name: "telegram", bot_token: "<<telegram-bot-token ~ {{digits:10}}:AA{{base64url:33}}>>")
