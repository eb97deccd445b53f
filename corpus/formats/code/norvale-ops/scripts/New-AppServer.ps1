#Requires -Version 7
param(
    [string]$ComputerName = 'app3.norvale.internal',
    [string]$SqlPassword = '<<any ~ Server${}Raum$12>>',
    [securestring]$Token
)

$secure = ConvertTo-SecureString -String "<<unnamed ~ Cable${}!Tray>>" -AsPlainText -Force
$svcPwd = ConvertTo-SecureString '<<any ~ cool${}aisle>>' -AsPlainText -Force
$cred   = New-Object System.Management.Automation.PSCredential ('NORVALE\svc-app', $secure)

$askPwd = <<decoy ~ Read-Host>> -Prompt 'Password for the pool account' -AsSecureString
$password = <<decoy ~ $cred.GetNetworkCredential().Password>>
$env:APP_API_KEY = '<<any ~ {{uuid}}>>'
[Environment]::SetEnvironmentVariable('SMTP_PASS', '<<any ~ Croissant${};8h>>', 'Machine')

net use S: \\files.norvale.internal\setup /user:NORVALE\setup "<<unnamed ~ R3chen${}zentrum>>"

$headers = @{
    Authorization  = "Bearer <<decoy ~ $Token>>"
    'X-Secret-Key' = '<<any ~ {{base64:32}}>>'
}

$settings = @{
    PasswordNeverExpires = <<decoy ~ $true>>
    ClientSecretName     = '<<decoy ~ kv-app-client-secret>>'
    DbPassword           = <<decoy ~ (Get-Secret -Name AppDb -AsPlainText)>>
}

Invoke-Sqlcmd -ServerInstance sql3 -Username app -Password $SqlPassword -Query 'select 1'
New-LocalUser -Name svc-app -Password $svcPwd
Invoke-RestMethod -Uri "https://$ComputerName/api/register" -Headers $headers -Body $settings
Write-Host "done: $ComputerName"
