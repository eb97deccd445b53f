provider "registry.terraform.io/hashicorp/aws" {
  version = "5.50.0"
  hashes = [
    "h1:<<decoy ~ {{base64:43}}>>=",
    "zh:<<decoy ~ {{hex:64}}>>",
    "zh:<<decoy ~ {{hex:64}}>>",
  ]
}
