packer {
  required_plugins {
    vsphere = { version = ">= 1.2.0", source = "github.com/hashicorp/vsphere" }
  }
}

variable "vcenter_password" {
  type      = string
  sensitive = true
  default   = env("<<decoy ~ VCENTER_PASSWORD>>")
}

variable "winrm_password" {
  type    = string
  default = "<<any ~ Don${}ner;Keil1>>"
}

local "product_key" {
  expression = <<decoy ~ vault("secret/data/windows", "product_key")>>
  sensitive  = true
}

source "vsphere-iso" "win2022" {
  username       = "packer@norvale.internal"
  password       = <<decoy ~ var.vcenter_password>>
  communicator   = "winrm"
  winrm_username = "Administrator"
  winrm_password = <<decoy ~ var.winrm_password>>
  boot_command   = ["<enter><wait>", "net user packer <<unnamed ~ tram${}polin>> /add<enter>"]
}

build {
  sources = ["source.vsphere-iso.win2022"]
  provisioner "powershell" {
    elevated_user     = "packer"
    elevated_password = "<<any ~ Zahn${}buerste^2>>"
    environment_vars  = ["DOMAIN_JOIN_PW=<<any ~ {{base62:15}}>>", "TOKEN_PATH=<<decoy ~ C:/ProgramData/token>>"]
  }
}
