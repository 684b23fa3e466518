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
PHOTO_PLACES = {
    "": "Ask me each time",
    "remove": "Remove it",
    "keep": "Keep it",
}
PHOTO_SIZES = {"small": "Small", "medium": "Medium", "whole": "As it is"}
CHOICES = {
    "answers_receipts": RECEIPTS,
    "photo_place": PHOTO_PLACES,
    "photo_size": PHOTO_SIZES,
}
FIELDS = (
    *("watches_away", "fetches_on_arrival", "cleans_links"),
    *("asks_for_delivery", "asks_for_receipts"),
)


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    return {
        "receipts": RECEIPTS.items(),
        **{name: getattr(request.user, name) for name in CHOICES},
        "photo_size": request.user.photo_size or "small",  # the least is what is offered first
        "photo_places": PHOTO_PLACES.items(),
        "photo_sizes": PHOTO_SIZES.items(),
        **{name: getattr(request.user, name) for name in FIELDS},
        "consents": consents.consents_of(request.user),
        "accepted": accepted_senders(request.user),
        "minutes": int(grants.LIFE.total_seconds()) // 60,
    }


def save(request: HttpRequest) -> dict[str, str]:
    """What the form does not hold stays as it is; a switch that is off is there, and empty."""
    user = request.user
    chosen = {name: request.POST[name] for name in FIELDS if name in request.POST}
    picked = {name: request.POST[name] for name in CHOICES if name in request.POST}
    is_known = all(value in ("", "1") for value in chosen.values())
    is_known &= all(value in CHOICES[name] for name, value in picked.items())
    if not is_known or not (chosen or picked):
        return {"form": "This choice does not exist."}
    for name, value in chosen.items():
        setattr(user, name, bool(value))
    for name, value in picked.items():
        setattr(user, name, value)
    user.save(update_fields=[*chosen, *picked])
    reading.forget_all()
    return {}
