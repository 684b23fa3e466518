from django.apps import AppConfig


class SubmissionConfig(AppConfig):
    name = "webmail.submission"
    default_auto_field = "django.db.models.BigAutoField"
