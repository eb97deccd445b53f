from .base import *  # noqa: F403

DEBUG = True
SECRET_KEY = "<<generic-assigned-key ~ {{base62:50}}>>"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": "<<generic-assigned-password ~ dragon${}1987>>",
        "HOST": "localhost",
        "PORT": "5432",
    },
}

CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:6379/1"}}
MAILGUN_API_KEY = "<<mailgun-api-key ~ key-{{hex:32}}>>"
