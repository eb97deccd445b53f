#!/bin/sh
# moves the old forum to the new host
set -e
OLD=forum1.norvale.internal
NEW=forum2.norvale.internal

mysqldump -h "$OLD" -uforum -p<<any ~ Umzugs${}wagen_7t>> forum > forum.sql
mysql -h "$NEW" --user forum --password='<<any ~ moebel${}packer>>' forum < forum.sql
MYSQL_PWD="$NEW_DB_PASSWORD" mysql -h "$NEW" -uroot -e "flush privileges"

mongodump --host "$OLD" -u forum -p '<<any ~ Papp${}karton%3>>' -d chat --gzip --archive=chat.gz
redis-cli -h "$NEW" --pass <<any ~ decken${}stapel>> --user forum SAVE
PGPASSWORD="<<any ~ Tr3ppen${}haus>>" pg_restore -h "$NEW" -U forum stats.dump

lftp -u 'backup,<<unnamed ~ dach${}boden>>' sftp://nas.norvale.internal -e 'mput *.gz; bye'
rsync -a --password-file=<<decoy ~ /root/.rsync.pass>> ./media/ backup@nas.norvale.internal::media
curl --proxy-user proxy:<<any ~ Luft${}schacht5>> -T forum.sql https://nas.norvale.internal/in/
curl -s https://$NEW/hook -H "X-Hook-Token: <<any ~ {{base62:24}}>>" -d done=1
curl -F password='<<any ~ Stuhl${}Bein!Links>>' -F user=admin "https://$NEW/install"
java -Dforum.admin.password=<<any ~ klapp${}tisch>> -Djavax.net.ssl.keyStorePassword=<<any ~ Rümpel${}kammer>> -jar forum.jar
openssl pkcs12 -export -in c.pem -inkey k.pem -passout pass:'<<any ~ Kisten${} und Kästen>>' -out c.p12
openssl enc -aes-256-cbc -k <<unnamed ~ spann${}gurt>> -in forum.sql -out forum.enc
openssl enc -d -aes-256-cbc -pass env:<<decoy ~ ARCHIVE_PASS>> -in old.enc -out old.sql
