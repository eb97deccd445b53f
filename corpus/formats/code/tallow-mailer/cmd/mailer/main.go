package main

import (
	"database/sql"
	"fmt"
	"log"
	"net/smtp"
	"os"
	"os/exec"

	"github.com/redis/go-redis/v9"
)

var ErrNoPassword = fmt.Errorf("<<decoy ~ mailer: no password configured>>")

func main() {
	password := <<decoy ~ os.Getenv("MAILER_PASSWORD")>>
	if password == "" {
		password = "<<any ~ mail${}coach>>"
	}
	auth := smtp.PlainAuth("", "mailer", "<<any ~ c0b${}alt-Blume>>", "smtp.tallow.internal")

	rdb := redis.NewClient(&redis.Options{
		Addr:     "redis.tallow.internal:6379",
		Password: "<<any ~ {{lower:16}}>>",
		DB:       2,
	})

	db, err := sql.Open("postgres", "host=pg.tallow.internal user=mailer password=<<any ~ maple${}Leaf7>> sslmode=disable")
	if err != nil {
		log.Fatalf("open: %v", err)
	}
	tmpl := fmt.Sprintf("postgres://mailer:<<decoy ~ %s>>@pg.tallow.internal/mailer", password)

	secrets := map[string]string{
		"dkim_key":       "<<decoy ~ /etc/tallow/dkim.pem>>",
		"webhook_secret": "<<any ~ {{alnum:24}}>>",
		"smime_pass":     "<<any ~ violet${} sky at 5>>",
		"token_field":    "<<decoy ~ unsubscribe_token>>",
	}
	dump := exec.Command("mysqldump", "-u", "root", "-p<<any ~ Gold${}fisch>>", "mail")
	log.Printf("password=<<decoy ~ %q>> dump=%v %v %v %v %v", "***", dump, rdb, db, tmpl, secrets)
	_ = auth
}
