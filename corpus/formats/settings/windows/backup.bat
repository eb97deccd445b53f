@echo off
rem nightly copy of the tills
setlocal
set DB_USER=backup
set DB_PASS=<<any ~ Nuss${}knacker_25>>
set "ARCHIVE_PASSWORD=<<any ~ fern${}seher>>"
set FTP_PASSWORD=<<decoy ~ %2>>
set "UPLOAD_TOKEN=<<any ~ {{alnum:32}}>>"
set KEYFILE=<<decoy ~ D:\backup\upload.ppk>>

if "%DB_PASS%"=="" (
    echo <<decoy ~ DB_PASS is missing>>
    exit /b 1
)

net use Z: \\nas.tallow.internal\backup /user:TALLOW\svc_backup <<unnamed ~ Eich${}horn#44>>
sqlcmd -S sql01.tallow.internal -U backup -P "<<any ~ Silber${}fuchs+1>>" -i dump.sql -o dump.log
"C:\Program Files\7-Zip\7z.exe" a -p"%ARCHIVE_PASSWORD%" Z:\tills.7z D:\tills
curl -s -H "X-Token: %UPLOAD_TOKEN%" -T Z:\tills.7z https://backup.tallow.internal/in
set /p ADMIN_PW=<<decoy ~ Admin password:>> 
net use Z: /delete
endlocal
