region              = "eu-west-1"
db_password         = "<<any ~ Fjord${}Lachs*11>>"
db_username         = "tallow_app"
admin_pw            = "<<any ~ marsh${}wiggle>>"
client_secret       = "<<any ~ {{base62:36}}>>"
oauth_client_id     = "tallow-portal"
grafana_password    = "<<decoy ~ CHANGE_ME_BEFORE_APPLY>>"
token_ttl           = "<<decoy ~ 3600s>>"
password_policy     = "<<decoy ~ arn:tallow:iam:policy/strict-passwords>>"
kms_key_alias       = "<<decoy ~ alias/tallow-prod>>"

redis = {
  host = "cache.norvale.internal"
  auth = "<<any ~ {{lower:14}}>>"
}

feature_flags = { rotate_secret = true, show_password_hint = false }

# shared with the warehouse team
warehouse_dsn = "postgresql://etl:<<any ~ tor${}tuga77>>@warehouse.norvale.internal:5432/dwh"
