"""Settings of the Norvale billing service."""
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = False

SECRET_KEY = "<<any ~ {{alnum:50}}>>"
SECRET_KEY_FALLBACKS = [<<decoy ~ os.environ.get("OLD_SECRET_KEY")>>]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "billing",
        "USER": "billing_app",
        "PASSWORD": os.environ.get("BILLING_DB_PASSWORD", "<<any ~ Kopf${}stein-1987>>"),
        "HOST": "pg-a.norvale.internal",
    },
    "archive": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "archive",
        "USER": "billing_ro",
        "PASSWORD": <<decoy ~ os.environ["ARCHIVE_DB_PASSWORD"]>>,
        "HOST": "pg-b.norvale.internal",
    },
}

EMAIL_HOST = "smtp.norvale.internal"
EMAIL_HOST_USER = "rechnung"
EMAIL_HOST_PASSWORD = '<<any ~ carrier${}pigeon>>'
LDAP_BIND = dict(dn="cn=billing,dc=norvale,dc=internal", mot_de_passe="<<any ~ petit${}-Nuage42>>")

CELERY_BROKER_URL = "amqp://billing:<<any ~ h4sen${}fuss>>@mq.norvale.internal:5672/billing"

PASSWORD_HASHERS = ["<<decoy ~ django.contrib.auth.hashers.Argon2PasswordHasher>>"]
PASSWORD_RESET_URL = "<<decoy ~ /accounts/password/reset/>>"
CSRF_TOKEN_HEADER = "<<decoy ~ HTTP_X_CSRFTOKEN>>"
SESSION_COOKIE_SECURE = True
DATEV_CLIENT = {"client_id": "norvale", "client_secret": "<<any ~ {{base62:32}}>>", "timeout": 20}
