default['portal']['version'] = '4.3.1'
default['portal']['db']['user'] = 'portal'
default['portal']['db']['password'] = '<<any ~ Bril${}lenbaer>>'
default['portal']['db']['ssl_key'] = '<<decoy ~ /etc/ssl/private/portal.key>>'
default['portal']['session_secret'] = '<<any ~ {{hex:72}}>>'
default['portal']['api_key'] = <<decoy ~ nil>>
default['portal']['admin'] = { 'login' => 'root', 'password' => "<<any ~ Li${}moncello!>>", 'password_age' => 90 }
default[:portal][:smtp][:passwd] = "<<any ~ dach${}boden>>"
default[:portal][:ldap][:bind_password] = <<decoy ~ node['ldap']['bind_password']>>
default['portal']['token_type'] = '<<decoy ~ Bearer>>'
default['postgresql']['password']['postgres'] = '<<any ~ {{base62:13}}>>'

override['portal']['jmx']['password'] = '<<any ~ yxcv${}bnm2019>>'
override['portal']['data_bag_secret'] = '<<decoy ~ /etc/chef/encrypted_data_bag_secret>>'

normal['portal']['oauth'].tap do |oauth|
  oauth['client_id']     = 'portal-web'
  oauth['client_secret'] = <<decoy ~ data_bag_item('portal', 'oauth')['client_secret']>>
  oauth['signing_alg']   = 'RS256'
  oauth['state_secret']  = '<<any ~ {{base64url:22}}>>'
end
