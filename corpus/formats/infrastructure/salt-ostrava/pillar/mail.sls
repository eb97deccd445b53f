mail:
  relay:
    user: relay@ostrava.internal
    passwd: <<any ~ Ju${}listka>>
  dovecot:
    doveadm_password: "<<any ~ Katow${}ice Wroclaw>>"
    master_pass: '<<any ~ R0gue${}like$1>>'
    auth_mechanisms: <<decoy ~ plain login>>
  rspamd: {controller_password: <<any ~ gou${}lasch>>, enable_password: "<<any ~ {{lower:9}}>>"}
  postfixadmin:
    setup_password: <<any ~ Ser${}bal-9/2>>
    encrypt: <<decoy ~ dovecot:ARGON2ID>>
пароль_админа: <<any ~ Само${}вар+чай>>
密码: "<<any ~ changcheng${}2020>>"
tokens:
  dkim_selector: mail2024
  api: <<unnamed ~ {{base64url:36}}>>
  webhook: <<decoy ~ {${}{ pillar.get('hook_token') }}>>
