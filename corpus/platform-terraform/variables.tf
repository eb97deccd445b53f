variable "cloudflare_api_token" {
  description = "Token of the DNS account, from the vault"
  type        = string
  sensitive   = true
}

variable "db_password" {
  description = "Password of the database"
  type        = string
  default     = ""
}

variable "grafana_auth" {
  type    = string
  default = "<<grafana-service-account-token ~ glsa_{{base62:32}}_{{hex:8}}>>"
}

variable "secret_name" {
  type    = string
  default = "platform/orders/password"
}
