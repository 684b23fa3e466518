"""What Hearth may do with a mailbox while its owner is away."""

from django.http import HttpRequest

from webmail.accounts import grants
from webmail.web.trust import accepted_senders

CHOICES = {"": "No", "1": "Yes"}


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    return {
        "choices": CHOICES.items(),
        "watches_away": "1" if request.user.watches_away else "",
        "accepted": accepted_senders(request.user),
        "minutes": int(grants.LIFE.total_seconds()) // 60,
    }


def save(request: HttpRequest) -> dict[str, str]:
    chosen = request.POST.get("watches_away", "")
    if chosen not in CHOICES:
        return {"form": "This choice does not exist."}
    request.user.watches_away = bool(chosen)
    request.user.save(update_fields=["watches_away"])
    return {}
