external_url 'https://git.norvale.internal'

gitlab_rails['smtp_enable'] = true
gitlab_rails['smtp_user_name'] = "git"
gitlab_rails['smtp_password'] = "<<any ~ Zweig${};Ast;Stamm>>"
gitlab_rails['initial_root_password'] = "<<any ~ wurzel${}Holz21>>"
gitlab_rails['db_password'] = <<decoy ~ ENV['GITLAB_DB_PASSWORD']>>
gitlab_rails['redis_password'] = '<<any ~ eichel${}häher>>'
gitlab_rails['incoming_email_password'] = "<<any ~ {{alnum:16}}>>"
gitlab_rails['initial_shared_runners_registration_token'] = "<<any ~ {{base64url:20}}>>"
gitlab_rails['password_authentication_enabled_for_web'] = <<decoy ~ false>>

gitlab_rails['ldap_servers'] = YAML.load <<-'EOS'
  main:
    host: 'ldap.norvale.internal'
    bind_dn: 'cn=gitlab,dc=norvale'
    password: '<<any ~ Baum${}schule*4>>'
    uid: uid
EOS

nginx['ssl_certificate_key'] = "<<decoy ~ /etc/gitlab/ssl/git.key>>"
registry['internal_key'] = <<decoy ~ File.read('/etc/gitlab/registry.key')>>
grafana['admin_password'] = '<<any ~ bir${}ken>>'
gitlab_rails['omniauth_providers'] = [
  { name: "openid_connect", args: { client_options: { identifier: "git", secret: "<<any ~ {{base62:32}}>>" } } }
]
# gitlab_rails['smtp_password'] = "<<decoy ~ smtp password>>"
