@echo off
rem office shares, started by the logon task
set FILESRV=\\files.norvale.internal
set BACKUP_PASSWORD=<<any ~ Akten${}schrank>>
set "ARCHIVE_PWD=<<any ~ Keller${}-Regal-9>>"

net use H: %FILESRV%\home /persistent:no
net use P: %FILESRV%\projekte <<unnamed ~ ordner${}ruecken>> /user:NORVALE\projekte
net use S: %FILESRV%\scan /user:scan "<<unnamed ~ Toner${}Schwarz 88>>"
net use T: %FILESRV%\temp /user:%USERNAME% <<decoy ~ *>>
net use B: %FILESRV%\backup /user:backup <<decoy ~ %BACKUP_PASSWORD%>>

net user azubi <<unnamed ~ Hefter${}2024>> /add /passwordchg:no
cmdkey /add:rds1.norvale.internal /user:NORVALE\rds /pass:<<any ~ lo${}cher>>
psexec \\term2 -u NORVALE\term -p <<unnamed ~ Stempel${}kissen!>> ipconfig
schtasks /create /tn Backup /tr backup.cmd /sc daily /ru NORVALE\svc_bak /rp "<<unnamed ~ Band${}lauf^werk>>"
wmic /node:term2 /user:term /password:<<decoy ~ %TERM_PW%>> os get caption
plink -ssh admin@sw4.norvale.internal -pw <<any ~ {{alnum:13}}>> "show ver"
winscp.com /ini=nul /command "open sftp://web:<<any ~ Brief${}-Oeffner>>@web.norvale.internal" "exit"
echo <<decoy ~ Wrong password, please ask the help desk.>>
