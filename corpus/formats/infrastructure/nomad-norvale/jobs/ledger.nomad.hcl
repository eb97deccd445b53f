job "ledger" {
  datacenters = ["fra1"]

  group "api" {
    vault {
      policies = ["<<decoy ~ ledger-secrets>>"]
    }

    task "api" {
      driver = "docker"
      config {
        image = "registry.norvale.internal/ledger:7"
        auth {
          username = "nomad"
          password = "<<any ~ Wan${}derduene5>>"
        }
      }

      env {
        DB_PASSWORD  = "<<any ~ saf${}ran>>"
        TOKEN_SECRET = "<<any ~ {{base64:56}}>>"
        CONSUL_TOKEN = "<<decoy ~ ${CONSUL_HTTP_TOKEN}>>"
        SECRETS_PATH = "<<decoy ~ ${NOMAD_SECRETS_DIR}>>"
      }

      template {
        destination = "secrets/app.env"
        env         = true
        data        = <<EOH
SMTP_PASSWORD=<<decoy ~ {${}{ with secret "secret/data/ledger" }}{${}{ .Data.data.smtp }}{${}{ end }}>>
API_KEY=<<decoy ~ {${}{ key "ledger/api_key" }}>>
LEGACY_PASS=<<any ~ Puder${}zucker-11>>
CACHE_AUTH=<<any ~ {{lower:8}}>>
EOH
      }
    }
  }
}
