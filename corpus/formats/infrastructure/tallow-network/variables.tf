variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "db_password" {
  description = "<<decoy ~ Password of the primary database, at least 16 characters>>"
  type        = string
  sensitive   = true
  default     = "<<any ~ Kupfer${}dach_58>>"
}

variable "smtp_pass" {
  type      = string
  sensitive = true
  default   = "<<any ~ hedge${}row>>"
}

variable "api_token" {
  type    = string
  default = "<<decoy ~ REPLACE_ME>>"

  validation {
    condition     = length(var.api_token) > 20
    error_message = "<<decoy ~ The api_token must be longer than 20 characters.>>"
  }
}

variable "webhook_signing_key" {
  type      = string
  sensitive = true
  default   = "<<any ~ {{hex:48}}>>" # rotated in March
}

variable "master_password_secret_name" {
  type    = string
  default = "<<decoy ~ tallow/prod/master-password>>"
}

variable "vpn_psk" {
  default = "<<any ~ sieben${} Zwerge am Brunnen>>"
}
