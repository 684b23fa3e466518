from django.apps import AppConfig


class SMIMEConfig(AppConfig):
    name = "webmail.smime"
    default_auto_field = "django.db.models.BigAutoField"
