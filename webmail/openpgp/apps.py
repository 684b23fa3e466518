from django.apps import AppConfig


class OpenPGPConfig(AppConfig):
    name = "webmail.openpgp"
    default_auto_field = "django.db.models.BigAutoField"
