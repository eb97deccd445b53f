#!/usr/bin/env bash
set -euo pipefail

DB_USER=backup
DB_PASS='<<any ~ Sicher${}ung!Nacht>>'
RESTIC_PASSWORD="${RESTIC_PASSWORD:-<<any ~ wood${}louse>>}"
export PGPASSWORD=<<any ~ att1c${}Door>>
API_TOKEN="<<decoy ~ $(vault kv get -field=token secret/tallow/backup)>>"
PASSWORD_FILE=<<decoy ~ /etc/tallow/backup.pass>>

declare -A SECRETS=(
  [minio]="<<any ~ {{alnum:40}}>>"
  [hook]="<<decoy ~ ${HOOK_SECRET:?missing}>>"
)

usage() {
  echo "usage: backup.sh [--password <<decoy ~ PASS>>] [--token-file FILE]" >&2
  exit 2
}

[[ $# -gt 0 && $1 == -h ]] && usage

mysqldump -h my.tallow.internal -u "$DB_USER" --password="<<decoy ~ $DB_PASS>>" web > /srv/web.sql
pg_dump -h pg.tallow.internal mail > /srv/mail.sql
sshpass -p '<<any ~ Tresor${}#tur>>' scp /srv/*.sql backup@vault.tallow.internal:/in/
curl -fsS -u 'backup:<<any ~ sham${}an>>' https://status.tallow.internal/done
curl -fsS -H "X-Token: <<decoy ~ ${API_TOKEN}>>" -H "X-Sign: <<unnamed ~ {{hex:32}}>>" https://hub.tallow.internal/ping
redis-cli -h redis.tallow.internal -a <<any ~ Ofen${}rohr3>> BGSAVE

read -rsp "Enter the password: " answer
if [[ "$answer" == "<<unnamed ~ 90${}4418>>" ]]; then
  restic backup /srv --password-command "<<decoy ~ pass show tallow/restic>>"
fi
