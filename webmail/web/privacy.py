"""What Hearth may do while its owner is away, and what senders may learn."""

from django.http import HttpRequest

from webmail.accounts import consents, grants
from webmail.accounts.models import User
from webmail.web import reading
from webmail.web.trust import accepted_senders

RECEIPTS = {
    "": "Ask me each time",
    User.NEVER: "Never",
    User.TO_CONTACTS: "Always for people I have written to",
}
FIELDS = (
    *("watches_away", "fetches_on_arrival", "cleans_links"),
    *("asks_for_delivery", "asks_for_receipts"),
)


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    return {
        "receipts": RECEIPTS.items(),
        "answers_receipts": request.user.answers_receipts,
        **{name: getattr(request.user, name) for name in FIELDS},
        "consents": consents.consents_of(request.user),
        "accepted": accepted_senders(request.user),
        "minutes": int(grants.LIFE.total_seconds()) // 60,
    }


def save(request: HttpRequest) -> dict[str, str]:
    """What the form does not hold stays as it is; a switch that is off is there, and empty."""
    user = request.user
    chosen = {name: request.POST[name] for name in FIELDS if name in request.POST}
    receipts = request.POST.get("answers_receipts", user.answers_receipts)
    if any(value not in ("", "1") for value in chosen.values()) or receipts not in RECEIPTS:
        return {"form": "This choice does not exist."}
    if not chosen and "answers_receipts" not in request.POST:
        return {"form": "This choice does not exist."}
    for name, value in chosen.items():
        setattr(user, name, bool(value))
    user.answers_receipts = receipts
    user.save(update_fields=[*chosen, "answers_receipts"])
    reading.forget_all()
    return {}
