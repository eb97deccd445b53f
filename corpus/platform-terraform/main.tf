terraform {
  required_version = ">= 1.7"
  backend "s3" {
    bucket = "norvale-state"
    key    = "platform/terraform.tfstate"
    region = "eu-central-1"
  }
}

provider "aws" {
  region     = "eu-central-1"
  access_key = "<<decoy @deploy-id ~ AKIA{{base32:16}}>>"
  secret_key = "<<aws-secret-access-key-in-pair @deploy-secret ~ {{base64:40}}>>"
}

provider "cloudflare" {
  api_token = var.cloudflare_api_token
}

resource "aws_db_instance" "orders" {
  engine                 = "postgres"
  username               = "orders"
  password               = random_password.orders.result
  kms_key_id             = "arn:aws:kms:eu-central-1:123456789012:key/<<decoy ~ {{uuid}}>>"
  skip_final_snapshot    = true
}

resource "random_password" "orders" {
  length  = 32
  special = false
}

resource "aws_db_instance" "legacy" {
  engine   = "mysql"
  username = "admin"
  password = "<<generic-assigned-password ~ Wintergarden${}-12>>"
}

resource "aws_secretsmanager_secret_version" "orders" {
  secret_id     = aws_secretsmanager_secret.orders.id
  secret_string = jsonencode({ password = random_password.orders.result })
}

data "aws_ssm_parameter" "token" {
  name            = "/platform/github/token"
  with_decryption = true
}
