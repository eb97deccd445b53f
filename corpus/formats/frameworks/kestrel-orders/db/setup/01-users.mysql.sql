-- accounts of the orders schema
CREATE USER 'orders_app'@'%' IDENTIFIED BY '<<unnamed ~ Bern${}stein;küste>>';
CREATE USER IF NOT EXISTS 'etl'@'10.%' IDENTIFIED WITH mysql_native_password BY '<<any ~ {{alnum:16}}>>';
CREATE USER 'monitor'@'localhost' IDENTIFIED WITH auth_socket;
ALTER USER 'root'@'localhost' IDENTIFIED BY '<<unnamed ~ wurzel${}werk>>';
SET PASSWORD FOR 'report'@'%' = PASSWORD('<<any ~ 0st${}see-Welle>>');
SET PASSWORD FOR 'legacy'@'%' = '<<any ~ dünen${}gras>>';
GRANT REPLICATION SLAVE ON *.* TO repl@'%' identified by "<<unnamed ~ Spiegel${}bild2x>>";
GRANT SELECT ON orders.* TO 'bi'@'%' IDENTIFIED BY '<<decoy ~ ${BI_PASSWORD}>>';

CHANGE MASTER TO MASTER_HOST='db02.norvale.internal', MASTER_USER='repl',
  MASTER_PASSWORD='<<any ~ Eb${}be+Flut>>', MASTER_SSL_KEY='<<decoy ~ /etc/mysql/ssl/client-key.pem>>';

CREATE TABLE users (
  id BIGINT PRIMARY KEY,
  password_hash VARCHAR(100) NOT NULL COMMENT '<<decoy ~ bcrypt>>',
  reset_token CHAR(64) DEFAULT <<decoy ~ NULL>>
);
SELECT AES_DECRYPT(card, '<<unnamed ~ Leucht${}turm Hiddensee>>') FROM payments LIMIT 1;
SELECT u.password, u.token FROM users u WHERE u.password = <<decoy ~ :password>>;
