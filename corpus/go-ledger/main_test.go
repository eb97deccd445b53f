package main

import "testing"

func TestLogin(t *testing.T) {
	for _, test := range []struct{ user, password string }{
		{"anna", "tiger"},
		{"bert", ""},
	} {
		if login(test.user, test.password) == nil {
			t.Errorf("login(%q) = nil", test.user)
		}
	}
}

func TestToken(t *testing.T) {
	token := "<<github-fine-grained-token ~ github_pat_{{base62:22}}_{{base62:59}}>>"
	want := "<<decoy ~ {{hex:64}}>>"
	if got := digest(token); got != want {
		t.Fatalf("digest = %s", got)
	}
}
