cd ~/src/shop
git pull --rebase
export AWS_SESSION_TOKEN=<<aws-session-token ~ IQoJb3Jp${}Z2luX2Vj{{base64:300}}==>>
mysql -u root -p shop
mysqldump --user=backup --password=<<command-line-short-password ~ Dump${}Truck22>> shop > shop.sql
curl -H "Authorization: Bearer $TOKEN" https://api.norvale.internal/v2/jobs
curl -H 'Authorization: Bearer <<bearer-token-header ~ {{hex:64}}>>' https://api.norvale.internal/v2/jobs
curl https://api.telegram.org/bot<<telegram-bot-url ~ {{digits:10}}:AAH{{base64url:32}}>>/getMe
psql "dbname=crm password='<<libpq-password ~ pale ${}Moon 6>>' user=reports"
ssh-keygen -t ed25519 -C deploy@norvale
passwd deploy
history | grep password
