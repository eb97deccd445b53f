#!/usr/bin/env bash
set -euo pipefail

HOST=app1.norvale.internal
DEPLOY_PW="${DEPLOY_PW:-<<any ~ Roll${}feld-Nord>>}"
NEXUS_TOKEN=$(<<decoy ~ vault kv get -field=token kv/nexus>>)
TOMCAT_SECRET='<<any ~ start${}bahn>>'
readonly SIGNING_KEY=<<any ~ {{hex:64}}>>
PASSWORD_FILE=<<decoy ~ /etc/deploy/password>>
DB_PASSWORD=<<decoy ~ "$1">>

if [[ -z "${NEXUS_TOKEN}" ]]; then
  echo "<<decoy ~ NEXUS_TOKEN is not set, check the vault>>" >&2
  exit 1
fi

sshpass -p "$DEPLOY_PW" scp app.war "deploy@$HOST:/tmp/"
curl --user "tomcat:${TOMCAT_SECRET}" "https://$HOST/manager/text/reload?path=/app"
curl --user 'monitor:<<any ~ Luft${}loch?>>' -X POST "https://mon.norvale.internal/silence"
curl -d "login=release&pass=<<any ~ Wind${}sack2go>>" https://chat.norvale.internal/hook

jarsigner -keystore release.jks -storepass "<<any ~ Cock${}pit*Tür>>" app.jar release
mysql --defaults-extra-file=<<decoy ~ /root/.my.cnf>> -e 'flush tables'
sqlplus -s orders/<<unnamed ~ land${}ung>>@ORA1 @post.sql
expect -c "spawn su - app; expect Password:; send \"<<unnamed ~ Kero${}sin_A1>>\r\"; interact"
