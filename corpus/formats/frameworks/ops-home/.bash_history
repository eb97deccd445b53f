cd /srv/orders
ls -la
mysql -u root -p<<any ~ Donau${}wellen7>> orders < dump.sql
mysqldump --user=backup --password=<<any ~ sicher${}ung>> --all-databases > /tmp/all.sql
mysql -h db02.norvale.internal -u app -p orders
mysqladmin -u root password '<<any ~ Neu${}start%Mai>>'
PGPASSWORD=<<any ~ ele${}fant>> psql -h pg.norvale.internal -U portal -c 'select 1'
export PGPASSWORD="$(<<decoy ~ cat /run/secrets/pg>>)"
sshpass -p '<<any ~ Lotsen${}boot 12>>' ssh admin@sw1.norvale.internal
sshpass -f <<decoy ~ ~/.sw1pass>> ssh admin@sw1.norvale.internal
curl -u deploy:<<any ~ Anker${}kette_3>> https://nexus.norvale.internal/repository/raw/app.tgz -O
curl -s -H "Authorization: Bearer $TOKEN" https://api.norvale.internal/v1/me
curl -s -H 'X-Api-Key: <<any ~ {{hex:32}}>>' https://api.norvale.internal/v1/me
wget --http-user=lars --http-password=<<any ~ schlep${}per>> https://files.norvale.internal/a.iso
redis-cli -h redis.norvale.internal -a <<any ~ {{lower:16}}>> info
mongo -u admin -p <<any ~ Kap1tan${}Blau>> --authenticationDatabase admin mongo.norvale.internal/orders
docker login registry.norvale.internal -u ci -p <<any ~ contain${}er-hafen>>
htpasswd -b /etc/nginx/.htpasswd lars <<unnamed ~ Mast${}baum>>
ldapsearch -x -D cn=admin,dc=norvale -w <<any ~ leucht${}feuer>> -b dc=norvale uid=lars
ldapsearch -x -D cn=admin,dc=norvale -W -b dc=norvale uid=lars
openssl rsa -in key.pem -passin pass:<<any ~ Flaschen${}zug+>> -out plain.pem
openssl rsa -in key.pem -passin file:<<decoy ~ /root/key.pass>> -out plain.pem
smbclient //files/share -U lars%<<unnamed ~ 1Hanse${}Kogge>> -c 'ls'
<<unnamed ~ Hafen${}meister;09>>
sudo su -
kubectl create secret generic db --from-file=<<decoy ~ password.txt>>
git commit -m "remove password from config"
ssh-keygen -t ed25519 -f <<decoy ~ ~/.ssh/deploy_key>>
