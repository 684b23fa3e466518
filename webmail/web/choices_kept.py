"""What was chosen beside Send of a message that was taken back: offered again with its draft."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from webmail.submission.models import StoredDraft
from webmail.web.later import REMINDERS, Choice, choice_at
from webmail.web.rows import Clock

_DAY = timedelta(days=1)
_NEAR = timedelta(hours=1, minutes=5)  # a night of summer time lies between


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fields of the menu, as the form posts them."""

    unless_answered: bool = False
    remind: str = ""
    remind_on: str = ""


def posted(request: HttpRequest) -> Chosen:
    """The menu is on the page twice, for two widths: what differs from what it showed counts."""
    post = request.POST
    ticks, menus = len(post.getlist("unless_answered")), len(post.getlist("remind"))
    is_ticked = ticks == max(menus, 1) if "unless_answered_was" in post else ticks > 0
    remind, day = _changed(request, "remind"), _changed(request, "remind_on")
    is_ended = not remind and bool(post.get("remind_was")) and day == post.get("remind_on_was", "")
    return Chosen(is_ticked, remind, "" if is_ended else day)


def _changed(request: HttpRequest, name: str) -> str:
    was = request.POST.get(f"{name}_was", "")
    values = request.POST.getlist(name)
    return next((each for each in values if each != was), was if was in values else "")[:40]


def kept_with(draft: StoredDraft, request: HttpRequest) -> dict[str, Any]:
    """For the fields of a draft that was taken back: its choices as the form has them now."""
    kept = kept_of(draft)
    if not kept or "remind" not in request.POST:
        return {}
    return {"chosen": {"send_at": kept.get("send_at", ""), **asdict(posted(request))}}


def kept_of(draft: StoredDraft) -> dict[str, Any]:
    kept = draft.fields.get("chosen")
    return kept if isinstance(kept, dict) else {}


def chosen_of(kept: Mapping[str, Any], clock: Clock) -> Chosen:
    """Of what withdrawal.py has kept, or a form since."""
    if "remind" in kept:
        return Chosen(bool(kept["unless_answered"]), kept["remind"], kept["remind_on"])
    base, remind_at = _time(kept, "send_base"), _time(kept, "remind_at")
    is_conditional = bool(kept.get("unless_answered"))
    if base is None or remind_at is None:
        return Chosen(is_conditional)
    for days, _ in REMINDERS:
        if abs(remind_at - base - days * _DAY) < _NEAR:
            return Chosen(is_conditional, f"{days}")
    return Chosen(is_conditional, "on", f"{remind_at.astimezone(clock.zone):%Y-%m-%d}")


def times_of(kept: Mapping[str, Any], clock: Clock) -> Sequence[Choice]:
    """When it was to be sent, if that is still to come."""
    at = _time(kept, "send_at")
    return [_as_before(at, clock)] if at is not None and at > clock.now else []


def _as_before(at: datetime, clock: Clock) -> Choice:
    choice = choice_at("", at, clock)
    return replace(choice, label=f"As before: {choice.when}")


def _time(kept: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(kept[name]) if kept.get(name) else None
