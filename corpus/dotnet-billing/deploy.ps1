param(
    [Parameter(Mandatory = $true)][SecureString] $Password,
    [string] $Environment = "staging"
)
$ErrorActionPreference = "Stop"
$adminPassword = "<<generic-assigned-password ~ Winter${}2023!>>"
$secure = ConvertTo-SecureString -String $env:DEPLOY_PASSWORD -AsPlainText -Force
$token = (Get-AzAccessToken -ResourceUrl "https://management.azure.com").Token
$env:AZURE_DEVOPS_EXT_PAT = "<<azure-devops-pat-legacy ~ {{lower:24}}2{{lower:26}}7>>"
Invoke-RestMethod -Uri "https://dev.azure.com/norvale/_apis/projects" -Headers @{ Authorization = "Basic $token" }
Write-Host "Password: ********"
Connect-VIServer -Server vc.norvale.internal -User svc-deploy -Password <<generic-command-line-password ~ Copper${}Lane8!>>
Connect-VIServer -Server vc.norvale.internal -User svc-deploy -Password $adminPassword
