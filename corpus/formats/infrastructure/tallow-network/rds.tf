locals {
  db_user  = "orders"
  db_pass  = "<<any ~ Brem${}erhaven/1827>>"
  app_name = "tallow-orders"

  secrets = {
    jwt_secret     = "<<any ~ {{base62:40}}>>"
    session_secret = <<decoy ~ random_password.session.result>>
    redis_password = <<decoy ~ var.redis_password>>
    kennwort       = "<<any ~ Lava${}stein>>"
  }
}

data "aws_secretsmanager_secret_version" "replica" {
  secret_id = "<<decoy ~ tallow/prod/replica>>"
}

resource "aws_db_instance" "orders" {
  identifier          = "tallow-orders"
  engine              = "postgres"
  username            = local.db_user
  password            = <<decoy ~ local.db_pass>>
  skip_final_snapshot = false
}

resource "aws_db_instance" "reporting" {
  identifier = "tallow-reporting"
  username   = "report"
  password   = "<<any ~ wrze${}sien+Gdynia>>"
}

resource "aws_db_instance" "replica" {
  username = "replica"
  password = <<decoy ~ jsondecode(data.aws_secretsmanager_secret_version.replica.secret_string)["password"]>>
}

resource "random_password" "session" {
  length  = 32
  special = true
}
