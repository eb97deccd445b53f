#!jinja|yaml
{% set env = grains.get('env', 'prod') %}
postgres:
  users:
    lines:
      password: <<any ~ Tatran${}ka_mleko>>
      createdb: false
    report:
      password: '<<any ~ slu${}necnice>>'
    etl:
      password: <<decoy ~ {${}{ salt['vault'].read_secret('secret/ostrava/etl', 'password') }}>>
  encryption: <<decoy ~ scram-sha-256>>
mysql:
  server:
    root_password: "<<decoy ~ {${}{ salt['pillar.get']('mysql:root') }}>>"
    sst_auth: sst:<<any ~ {{lower:15}}>>
rabbitmq:
  erlang_cookie: <<unnamed ~ {{upper:20}}>>
  admin: { user: admin, heslo: "<<any ~ Hr${}omnice 1.února>>" }
backup:
  borg_passphrase: |
    <<any ~ pět koťat na${} střeše>>
  key_file: <<decoy ~ salt://backup/files/borg.key>>
  gpg_key_id: <<decoy ~ 0x{{hex:16}}>>
mot_de_passe:
  ftp: <<unnamed ~ Belle${}-Ile29>>
  label: <<decoy ~ Mot de passe oublié ?>>
