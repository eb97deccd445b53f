#!/bin/sh
# sourced by run.sh and by the nightly job
set -eu

export PGHOST=db01.norvale.internal
export PGUSER=orders_batch
export PGPASSWORD='<<any ~ Pod${}sol$nuh_31>>'
export PGPASSFILE="<<decoy ~ $HOME/.pgpass>>"

RABBIT_PASS=<<any ~ h0us3${}b0at>>
export RABBIT_URL="amqp://orders:${RABBIT_PASS}@mq.norvale.internal/prod"

export API_TOKEN="<<decoy ~ $(cat /run/secrets/api_token)>>"
export SIGNING_KEY="<<decoy ~ $(vault kv get -field=key secret/orders)>>"
: "${REPORT_PASSWORD:?<<decoy ~ REPORT_PASSWORD is not set>>}"

if [ -z "${PROXY_PASS:-}" ]; then
  PROXY_PASS="<<any ~ pample${}mousse12>>"
fi

curl -fsS -u "nightly:<<any ~ Bocian${}1990>>" https://files.norvale.internal/export.csv -o /var/tmp/export.csv
mysql -h legacy.norvale.internal -ureports -p<<any ~ zielona${}Herbata>> reports < /opt/orders/cleanup.sql
read -rsp "<<decoy ~ Admin password:>> " admin_password
sshpass -f <<decoy ~ /root/.backup-pass>> ssh backup@store.norvale.internal true
export admin_password
