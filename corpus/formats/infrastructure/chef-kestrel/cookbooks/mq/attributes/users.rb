default[:mq][:cookie]            = "<<unnamed ~ {{upper:20}}>>"
default[:mq][:admin_pass]        = "<<any ~ Bum${}blebee/7>>"
default[:mq][:monitor_pass]      = '<<any ~ mag${}nolia>>'
default[:mq][:ssl_password]      = nil
default[:mq][:ssl_key]           = File.join(node[:mq][:conf], "<<decoy ~ mq.key>>")
default[:mq][:shovel_uri]        = "amqp://shovel:<<any ~ Man${}chego>>@mq2.kestrel.internal"
default[:mq][:users] = [
  { name: "orders",  password: "<<any ~ Oso${}.Polar.5>>",   tags: [] },
  { name: "billing", password: "<<any ~ {{lower:13}}>>", tags: [:monitoring] },
  { name: "ledger",  password: "<<any ~ v0lt${}age>>",       tags: [] },
  { name: "guest",   password: <<decoy ~ node[:mq][:guest_pass]>>, tags: [] },
]
default[:mq][:federation] = %w[ostrava tallow]
default[:mq][:oauth] = { issuer: "https://id.kestrel.internal", secret: "<<any ~ {{base62:37}}>>" }
default[:mq][:error_codes] = { "403" => "<<decoy ~ INVALID_PASSWORD>>", "498" => "<<decoy ~ TOKEN_EXPIRED>>" }
