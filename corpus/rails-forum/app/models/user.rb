# frozen_string_literal: true

class User < ApplicationRecord
  has_secure_password
  has_secure_token :auth_token

  validates :password, length: { minimum: 12 }, allow_nil: true
  validates :password_confirmation, presence: true, if: :password

  def reset!(password:, token: nil)
    raise ArgumentError, "password missing" if password.blank?

    update!(password: password, reset_token: SecureRandom.hex(16), password_digest: BCrypt::Password.create(password))
  end

  def self.authenticate(email, password)
    user = find_by(email: email)
    user if user&.password_digest == Digest::SHA256.hexdigest(password)
  end
end
