from django.apps import AppConfig


class IndexConfig(AppConfig):
    name = "webmail.index"
    default_auto_field = "django.db.models.AutoField"
