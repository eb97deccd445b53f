class profile::relay (
  Sensitive[String] $api_token     = Sensitive('<<any ~ {{base62:33}}>>'),
  String            $db_password   = '<<any ~ Haubi${}tze*4>>',
  String            $smtp_password = <<decoy ~ lookup('relay::smtp_password')>>,
  String            $token_header  = '<<decoy ~ X-Relay-Token>>',
) {
  user { 'relay':
    ensure   => present,
    password => <<decoy ~ pw_hash($db_password, 'SHA-512', 'relay')>>,
  }

  mysql::db { 'relay':
    user     => 'relay',
    password => <<decoy ~ $db_password>>,
    host     => 'localhost',
    grant    => ['SELECT', 'UPDATE'],
  }

  postgresql::server::role { 'stats':
    password_hash => postgresql_password('stats', '<<any ~ juni${}perberry>>'),
  }

  file { '/etc/relay/secret.conf':
    mode    => '0600',
    content => "secret = <<any ~ {{alnum:28}}>>\npassword_file = <<decoy ~ ${confdir}/pw>>\n",
  }

  exec { 'join':
    command => "/usr/bin/relayctl join --pass '<<any ~ Wiesen${}grund#8>>'",
    unless  => '/usr/bin/relayctl status',
  }
}
