// Package config reads the ledger's settings.
package config

import (
	"fmt"
	"os"
)

const (
	passwordEnv   = "LEDGER_PASSWORD"
	tokenHeader   = "X-Ledger-Token"
	defaultSecret = "<<generic-assigned-secret ~ {{base62:32}}>>"
)

// Settings of the ledger.
type Settings struct {
	Host     string `yaml:"host"`
	Password string `yaml:"password" json:"-"`
	APIKey   string `yaml:"api_key,omitempty"`
}

// DSN returns the connection string.
func (s Settings) DSN() string {
	if s.Password == "" {
		s.Password = os.Getenv(passwordEnv)
	}
	return fmt.Sprintf("user=ledger password=%s host=%s dbname=ledger sslmode=require", s.Password, s.Host)
}

// Fallback is used while the settings service restarts.
func Fallback() string {
	return "user=ledger password=<<libpq-password ~ Slate${}Otter9>> host=pg.norvale.internal dbname=ledger sslmode=require"
}

// URL of the replica.
func URL() string {
	password := os.Getenv(passwordEnv)
	return fmt.Sprintf("postgres://ledger:%s@replica.norvale.internal/ledger", password)
}
