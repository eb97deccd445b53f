"""Settings that all environments share."""
import os
from pathlib import Path

import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")

DATABASES = {
    "default": env.db("DATABASE_URL"),
    "reporting": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop_reporting",
        "USER": "reporting",
        "PASSWORD": os.getenv("REPORTING_DB_PASSWORD"),
        "HOST": "db02.norvale.internal",
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
SESSION_COOKIE_NAME = "shop_session"
CSRF_HEADER_NAME = "HTTP_X_CSRFTOKEN"
LOGIN_URL = "/accounts/login/"

EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY")
