# ~/.bashrc of the build account
case $- in
  *i*) ;;
  *) return ;;
esac

HISTSIZE=5000
alias ll='ls -l'
alias pw='<<decoy ~ pwgen -s 24 1>>'
alias db='PGPASSWORD=<<any ~ wom${}bat7>> psql -h pg.tallow.internal -U builder tallow'
alias oldmail='mutt -e "set imap_pass=<<any ~ jessica${}1984>>"'

export EDITOR=vim
export ARTIFACTORY_USER=builder ARTIFACTORY_PASSWORD=<<any ~ zxcv!Tal${}low>>
export GRAFANA_API_KEY=<<any ~ {{base64url:43}}>>
export GPG_KEY_ID=<<decoy ~ {{hex:16}}>>
export SSH_KEY_PATH=<<decoy ~ ~/.ssh/id_builder>>
export NPM_TOKEN="<<decoy ~ ${NPM_TOKEN:-}>>"
export HASLO_DO_BAZY="<<any ~ kapusta=${}Bigos2>>"
export PASSWORD_STORE_DIR=<<decoy ~ $HOME/.local/share/pass>>
export SUDO_ASKPASS=<<decoy ~ /usr/lib/ssh/x11-ssh-askpass>>

vpn() {
  local vpn_secret=<<any ~ karta${}kuchen!7>>
  echo "$vpn_secret" | sudo openconnect --passwd-on-stdin vpn.tallow.internal
}
