"""What Hearth may do while its owner is away, and what it tells to others."""

from django.http import HttpRequest

from webmail.accounts import grants
from webmail.accounts.models import User

CHOICES = {"": "No", "1": "Yes"}
RECEIPTS = {
    "": "Ask me each time",
    User.NEVER: "Never",
    User.TO_CONTACTS: "Always for people I have written to",
}


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    return {
        "choices": CHOICES.items(),
        "receipts": RECEIPTS.items(),
        "answers_receipts": request.user.answers_receipts,
        "watches_away": "1" if request.user.watches_away else "",
        "minutes": int(grants.LIFE.total_seconds()) // 60,
    }


def save(request: HttpRequest) -> dict[str, str]:
    chosen = request.POST.get("watches_away", "")
    receipts = request.POST.get("answers_receipts", request.user.answers_receipts)
    if chosen not in CHOICES or receipts not in RECEIPTS:
        return {"form": "This choice does not exist."}
    request.user.watches_away = bool(chosen)
    request.user.answers_receipts = receipts
    request.user.save(update_fields=["watches_away", "answers_receipts"])
    return {}
