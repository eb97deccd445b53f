CREATE USER 'shop'@'%' IDENTIFIED BY '<<sql-identified-by ~ Willow${}Gate12>>';
ALTER USER reports IDENTIFIED WITH caching_sha2_password BY '<<sql-identified-by ~ dry ${}Lake 4>>';
CREATE USER 'proxy'@'%' IDENTIFIED BY '%(proxy_password)s';
CREATE ROLE ledger LOGIN PASSWORD '<<sql-identified-by ~ Lichen${}Wall7>>';
ALTER ROLE ledger SET password_encryption = 'scram-sha-256';
CREATE TABLE users (id bigint PRIMARY KEY, password varchar(255) NOT NULL, api_token char(40), secret text);
UPDATE users SET password = NULL WHERE password = '';
SELECT password, token FROM users WHERE token = $1;
CREATE INDEX users_token_key ON users (api_token);
