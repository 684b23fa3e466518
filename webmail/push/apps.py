from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "webmail.push"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from webmail.push.subscriptions import remove_here, take_over_here

        user_logged_out.connect(remove_here, dispatch_uid="push of a browser that signs out")
        user_logged_in.connect(take_over_here, dispatch_uid="push of a browser that signs in anew")
