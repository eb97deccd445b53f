provider "vault" {
  address = "https://vault.ostrava.internal"
  token   = "<<any ~ {{base62:24}}>>"
}

provider "rabbitmq" {
  endpoint = "https://mq.ostrava.internal"
  username = "terraform"
  password = "<<any ~ Thunder${}Mug>>"
}

resource "kubernetes_secret" "edge" {
  metadata { name = "edge" }
  data = {
    "db-password"   = "<<any ~ l3m0n${}ade>>"
    "smtp-password" = "<<any ~ correct pony${} cable roof>>"
    token           = <<decoy ~ data.vault_generic_secret.edge.data["token"]>>
    cookie_key      = "<<any ~ {{hex:32}}>>"
  }
}

resource "helm_release" "keycloak" {
  name  = "keycloak"
  chart = "keycloak"

  set_sensitive {
    name  = "<<decoy ~ auth.adminPassword>>"
    value = "<<any ~ Olga${}Petrova1979>>"
  }
  set_sensitive {
    name  = "auth.managementPassword"
    value = "<<any ~ snow${}plow>>"
  }
  set {
    name  = "postgresql.auth.password"
    value = "<<any ~ {{lower:11}}>>"
  }
}

resource "consul_keys" "app" {
  key {
    path  = "edge/admin_password"
    value = "<<any ~ Vor${}stellung:8>>"
  }
}
