param(
    [string]$Server = "sql1.norvale.internal",
    [SecureString]$Password,
    [string]$Token = <<decoy ~ $env:RESTORE_TOKEN>>
)

$secpasswd = ConvertTo-SecureString "<<any ~ Wieder${}kehr!11>>" -AsPlainText -Force
$cred = New-Object System.Management.Automation.PSCredential ("NORVALE\restore", $secpasswd)
$fallback = ConvertTo-SecureString -String '<<unnamed ~ rueck${}spiegel>>' -AsPlainText -Force
$typed = ConvertTo-SecureString <<decoy ~ $PlainText>> -AsPlainText -Force

Invoke-Sqlcmd -ServerInstance $Server -Username sa -Password '<<any ~ Voll${}-Sicherung(3)>>' -Query "SELECT 1"
Invoke-Sqlcmd -ServerInstance $Server -Credential $cred -Query "SELECT 2"
sqlcmd -S $Server -U restore -P <<any ~ zeit${}reise>> -i restore.sql
bcp orders out o.dat -S $Server -U etl -P "<<unnamed ~ {{base62:15}}>>" -c

$conn = "Server=$Server;Database=orders;User Id=restore;Password=<<any ~ Gestern${},heute>>;Encrypt=true"
$conn2 = "Server=$Server;Database=orders;Integrated Security=true;Password=<<decoy ~ {0}>>" -f $p
$apiKey = <<decoy ~ Get-Secret -Name ApiKey -AsPlainText>>
$keyPath = "<<decoy ~ HKLM:\SOFTWARE\Norvale\Keys>>"
Write-Host "<<decoy ~ Password for $Server was not accepted>>"
