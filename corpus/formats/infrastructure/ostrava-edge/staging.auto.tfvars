environment="staging"
heslo_db="<<any ~ Vlta${}va^modra>>"
rabbitmq_pass="<<any ~ krte${}cek>>"
encryption_key="<<any ~ {{base64:44}}>>"
datadog_api_key="<<decoy ~ your-api-key-here>>"
tls_private_key_path="<<decoy ~ ./certs/staging/edge.key>>"
vpn_users=[
  { name="lenka",  password="<<any ~ Len${}ka1991>>" },
  { name="ondrej", password="<<any ~ q1w2${}e3_ostrava>>" },
  { name="svc",    password="<<decoy ~ xxxxxxxxxxxx>>" },
]
secret_backend="<<decoy ~ vault-kv2>>"
password_hash_algorithm="<<decoy ~ argon2id>>"
node_count=3
