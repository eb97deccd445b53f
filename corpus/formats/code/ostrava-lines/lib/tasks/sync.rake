# frozen_string_literal: true

require "net/ssh"
require "pg"

namespace :sync do
  desc "Copy the timetable into the reporting base"
  task timetable: :environment do
    conn = PG.connect(host: "rep.ostrava.internal", user: "sync", password: '<<any ~ Tram${}vaj/05>>', dbname: "rep")
    Net::SSH.start("hub.ostrava.internal", "sync", password: "<<any ~ rych${}lik>>") do |ssh|
      ssh.exec!("sshpass -p '<<any ~ N@dra${}zi Hlavni>>' rsync -a /srv/jr/ rep.ostrava.internal:/srv/jr/")
    end
    conn.exec(<<~SQL)
      CREATE ROLE reader LOGIN PASSWORD '<<any ~ jizdni${}rad>>';
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
    SQL
  end

  task :users do
    User.find_each do |u|
      u.password_digest = <<decoy ~ BCrypt::Password.create(u.legacy)>>
      u.update!(reset_token: <<decoy ~ nil>>)
    end
    validates_format_of :password, with: <<decoy ~ /\A(?=.*\d)[^\s]{10,72}\z/>>
    raise ArgumentError, "password: <<decoy ~ must not be empty>>" if ENV["SYNC_PASSWORD"].to_s.empty?

    ENV["SYNC_KEY"] ||= "<<any ~ {{base64url:32}}>>"
    ENV["RESTIC_PASSWORD"] = "<<any ~ pocz${}tówka_z_Gdanska>>"
    HTTP.basic_auth(user: "sync", pass: <<decoy ~ ENV.fetch("SYNC_PASSWORD")>>).get("https://api.ostrava.internal/users")
  end
end
