#!/usr/bin/env bash
set -euo pipefail

PGPASSWORD="<<generic-assigned-password ~ Night${}Watch3>>" pg_dump -h db01.norvale.internal -U shop shop | gzip > shop.sql.gz
export RESTIC_PASSWORD='<<generic-assigned-password ~ long grey ${}Train 7>>'
export RESTIC_PASSWORD_FILE=/etc/restic/password
read -rsp "Password: " password
TOKEN=$(vault kv get -field=token secret/backup)
SECRET_KEY=`cat /run/secrets/key`
API_KEY="${API_KEY:?missing}"
if [ "$password" = "<<decoy ~ sec${}ret>>" ] || [ -z "$TOKEN" ]; then
  echo "usage: backup.sh --password-file FILE" >&2
fi
curl -sS -u "backup:$password" --data "token=$TOKEN" https://backup.norvale.internal/
git clone "https://backup:<<url-credential ~ {{base62:24}}>>@git.norvale.internal/ops/backup.git"
sha256sum --check <<EOF
<<decoy ~ {{hex:64}}>>  shop.sql.gz
EOF
