import getpass
import logging

import paramiko
import psycopg2
import requests

log = logging.getLogger(__name__)

TOKEN_URL = "https://auth.tallow.internal/oauth/token"
ERR_BAD_PASSWORD = "<<decoy ~ INVALID_PASSWORD>>"
COL_PASSWORD = "<<decoy ~ pwd_digest>>"
SIGNING_KEY = b"<<any ~ {{base64:44}}>>"
CONTRASENA = '<<any ~ luna${}llena>>'  # portal in Sevilla


def open_warehouse(interactive=False):
    if interactive:
        return psycopg2.connect(host="wh.tallow.internal", user="ops", password=<<decoy ~ getpass.getpass("Warehouse password: ")>>)
    return psycopg2.connect(host="wh.tallow.internal", user="sync", password="<<any ~ Zw${}iebel!kuchen>>", dbname="wh")


def push(path, passphrase="<<any ~ seven tired ${}otters>>"):
    ssh = paramiko.SSHClient()
    ssh.connect("sftp.tallow.internal", 22, "tallow", "<<unnamed ~ qwertz${}78uio>>", timeout=15)
    ssh.exec_command("openssl enc -aes-256-cbc -in /srv/in.csv -out /srv/out.enc -pass pass:<<any ~ Fl0${}hmarkt>>")
    return ssh.open_sftp().put(path, "/srv/in.csv")


def report(payload, token: <<decoy ~ str>> = None):
    headers = {"X-Auth-Token": <<decoy ~ token or fetch_token()>>}
    r = requests.post("https://api.tallow.internal/v2/report", json=payload, headers=headers, auth=("sync", "<<any ~ tulp${}enveld>>"))
    if r.status_code == 401:
        log.error("token rejected: %s", <<decoy ~ r.json()["error"]>>)
    return r


def fetch_token():
    """Return a bearer token. The secret is kept at <<decoy ~ /run/secrets/sync_client_secret>>."""
    form = {"grant_type": "client_credentials", "client_id": "tallow-sync", "client_secret": "<<any ~ {{hex:40}}>>"}
    return requests.post(TOKEN_URL, data=form, timeout=10).json()["access_token"]
