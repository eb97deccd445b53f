resource "aws_instance" "bastion" {
  ami           = "ami-tallow-base"
  instance_type = "t3.micro"
  key_name      = "<<decoy ~ tallow-ops-2023>>"

  user_data = <<-EOT
    #!/bin/bash
    echo 'opsadmin:<<unnamed ~ Zwie${}bel%Turm3>>' | chpasswd
    export PGPASSWORD=<<any ~ {{alnum:20}}>>
    export VAULT_TOKEN="<<decoy ~ ${var.vault_token}>>"
    cat > /etc/collector.conf <<CONF
    endpoint = https://metrics.norvale.internal
    auth_token = <<any ~ {{base64url:43}}>>
    password_file = <<decoy ~ /run/secrets/collector_password>>
    CONF
  EOT

  tags = {
    Name          = "bastion"
    PasswordOwner = "<<decoy ~ platform-team>>"
  }
}

resource "null_resource" "legacy" {
  connection {
    type     = "winrm"
    user     = "Administrator"
    password = "<<any ~ Schnee${}ball&Rodel>>"
    host     = "win02.norvale.internal"
  }

  provisioner "local-exec" {
    command = "mysql -h db.norvale.internal -u root -p<<any ~ Tromm${}ler1848>> < seed.sql"
  }
}
