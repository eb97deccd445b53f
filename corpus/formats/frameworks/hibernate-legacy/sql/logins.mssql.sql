USE [master];
GO
CREATE LOGIN [billing_app] WITH PASSWORD = N'<<any ~ Skonto${}3Prozent!>>', CHECK_POLICY = OFF;
CREATE LOGIN billing_job WITH PASSWORD='<<any ~ nacht${}lauf>>', DEFAULT_DATABASE=[billing];
CREATE LOGIN [svc_ssis] WITH PASSWORD = <<decoy ~ $(SsisPassword)>>;
ALTER LOGIN sa WITH PASSWORD = N'<<any ~ Haupt${}buch/Soll>>';
GO
CREATE MASTER KEY ENCRYPTION BY PASSWORD = '<<any ~ {{base62:24}}>>';
CREATE CERTIFICATE BillingCert WITH SUBJECT = 'billing';
BACKUP CERTIFICATE BillingCert TO FILE = 'D:\b.cer' WITH PRIVATE KEY (FILE = 'D:\b.pvk',
    ENCRYPTION BY PASSWORD = '<<any ~ Konten${}rahmen_SKR03>>');
OPEN SYMMETRIC KEY CardKey DECRYPTION BY PASSWORD = N'<<any ~ saldo${}vortrag>>';
GO
EXEC sp_addlinkedsrvlogin @rmtsrvname = N'LEG2', @useself = N'False', @rmtuser = N'link',
    @rmtpassword = '<<any ~ Br0ken${}L1nk>>';
CREATE DATABASE SCOPED CREDENTIAL Blob WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '<<decoy ~ <sas token here>${}>>';
EXEC xp_cmdshell 'net use Z: \\files\billing /user:NORVALE\bill <<unnamed ~ Ablage${}korb5>>';
DECLARE @pwd nvarchar(64) = <<decoy ~ @NewPassword>>;
RAISERROR('<<decoy ~ Password validation failed. The password does not meet policy requirements.>>', 16, 1);
