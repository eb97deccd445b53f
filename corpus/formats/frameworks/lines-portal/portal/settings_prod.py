from .settings import *  # noqa
from .vault import read_secret

DEBUG = False
SECRET_KEY = <<decoy ~ read_secret("portal/prod", "secret_key")>>
DATABASES["default"]["PASSWORD"] = <<decoy ~ read_secret("portal/prod", "db_password")>>
DATABASES["archive"].update(PASSWORD="<<any ~ Vozovna${}-Poruba>>", CONN_MAX_AGE=60)

AWS_LIKE_STORAGE = dict(
    endpoint="https://s3.norvale.internal",
    access_key="portal",
    secret_key="<<any ~ {{base62:40}}>>",
)

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://:<<any ~ {{hex:32}}>>@redis.norvale.internal:6379/1",
        "KEY_PREFIX": "portal-prod",
        "KEY_FUNCTION": "<<decoy ~ portal.cache.make_key>>",
    }
}

SMS_GATEWAY = {"login": "lines", "heslo": "<<any ~ jizd${}enka>>", "sender": "LINES"}  # heslo from the contract
PIN_KIOSK = "<<unnamed ~ 7304${}52>>"
SENTRY_ENVIRONMENT = "prod"
API_TOKEN_HEADER = "<<decoy ~ HTTP_X_API_TOKEN>>"
