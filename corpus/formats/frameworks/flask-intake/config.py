import os
import secrets


class Config:
    SECRET_KEY = os.getenv("SECRET_KEY") or "<<any ~ Station${}-4-Intake>>"
    SQLALCHEMY_DATABASE_URI = "mysql+pymysql://intake:<<any ~ auf${}nahme>>@mysql.norvale.internal/intake"
    SECURITY_PASSWORD_HASH = "<<decoy ~ argon2>>"
    SECURITY_PASSWORD_SALT = os.environ.get("PW_SALT")
    WTF_CSRF_SECRET_KEY = <<decoy ~ secrets.token_hex(32)>>
    MAIL_USERNAME = "intake"
    MAIL_PASSWORD = "<<any ~ Bl00d${}Pr3ssure>>"


class ProductionConfig(Config):
    LAB_CREDENTIALS = ("labor", "<<any ~ Reagenz${}glas^2>>")
    LAB_API_KEY = '<<any ~ {{hex:32}}>>'
    FHIR_TOKEN = <<decoy ~ os.environ["FHIR_TOKEN"]>>
    SESSION_COOKIE_NAME = "<<decoy ~ intake_session>>"
    DOOR_PIN = "<<unnamed ~ 29${}4418>>"


class LocalConfig(Config):
    MAIL_PASSWORD = <<decoy ~ None>>
    LAB_API_KEY = "<<decoy ~ your-lab-api-key>>"
    PASSWORD_FIELD = "<<decoy ~ user_password>>"
