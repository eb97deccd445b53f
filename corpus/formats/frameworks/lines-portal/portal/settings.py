"""Settings of the Ostrava Lines passenger portal."""
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = '<<any ~ {{base64:50}}>>'
DEBUG = False
ALLOWED_HOSTS = ["portal.norvale.internal"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "portal",
        "USER": "portal",
        "PASSWORD": os.environ.get("DB_PASSWORD", "<<any ~ tramvaj${}cislo8>>"),
        "HOST": "pg.norvale.internal",
    },
    "archive": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "archive",
        "USER": "archive_ro",
        "PASSWORD": "<<any ~ odjezd${} v 6:42>>",
        "HOST": "mysql.norvale.internal",
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "<<decoy ~ django.contrib.auth.password_validation.MinimumLengthValidator>>"},
]
PASSWORD_HASHERS = ["<<decoy ~ django.contrib.auth.hashers.Argon2PasswordHasher>>"]

EMAIL_HOST_USER = "portal"
EMAIL_HOST_PASSWORD = <<decoy ~ os.environ["EMAIL_HOST_PASSWORD"]>>
CSRF_COOKIE_NAME = "<<decoy ~ portal_csrftoken>>"
PASSWORD_RESET_TIMEOUT = 3600
SIMPLE_JWT = {"ALGORITHM": "<<decoy ~ HS512>>", "SIGNING_KEY": "<<any ~ {{base64url:64}}>>"}

CELERY_BROKER_URL = "amqp://celery:<<any ~ ka${}livoda>>@mq.norvale.internal:5672/portal"
LDAP_BIND_PW = '<<any ~ Kolejnice#${}1921>>'
