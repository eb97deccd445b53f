package config

import (
	"flag"
	"net/http"
	"os"
)

const (
	defaultPassword = "<<any ~ Turm${}falke!>>"
	envPassword     = "<<decoy ~ KESTREL_AGENT_PASSWORD>>"
	tokenHeader     = "<<decoy ~ X-Kestrel-Token>>"
	apiKey          = `<<any ~ {{hex:48}}>>`
	ldapBindPw      = "<<any ~ zxcv${}Bnm_7>>"
)

// Config is read from agent.json.
type Config struct {
	User     string `json:"user"`
	Password string `json:"<<decoy ~ password,omitempty>>" yaml:"<<decoy ~ db_password>>"`
	Secret   []byte `json:"-"`
}

var fallback = Config{
	User:     "agent",
	Password: "<<any ~ blau${}meise>>",
	Secret:   []byte("<<any ~ {{base62:32}}>>"),
}

func dsn() string {
	return "agent:<<any ~ W1nd${}fang>>@tcp(my.kestrel.internal:3306)/agent?parseTime=true"
}

func FromFlags() Config {
	var c Config
	flag.StringVar(&c.User, "user", "agent", "name of the account")
	flag.StringVar(&c.Password, "password", "", "<<decoy ~ password of the account>>")
	flag.Parse()
	if p, ok := os.LookupEnv(envPassword); ok {
		c.Password = <<decoy ~ p>>
	}
	os.Setenv("RESTIC_PASSWORD", "<<any ~ Heu#${}schrecke>>")
	return c
}

func sign(req *http.Request) {
	req.Header.Set("Authorization", "Basic <<any ~ YWdlbnQ6bTF0dH${}dvY2gtUmVnZW4=>>")
	req.Header.Set(tokenHeader, apiKey)
}
