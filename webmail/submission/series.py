"""Messages that repeat: each occurrence is a row of the outbox of its own, made when due.

One occurrence is made once: its token follows from the series and the day, and the database
has it once however often a worker dies between queueing it and moving the series on.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections, router, transaction
from django.db.models import Count, F, Q, QuerySet

from webmail.accounts import vault
from webmail.accounts.disk import DiskFull
from webmail.accounts.identity_servers import Access, CannotLeave
from webmail.accounts.models import Identity, User
from webmail.accounts.ready import ask
from webmail.accounts.vault import Secret
from webmail.message.build import BuildError, BuiltMessage
from webmail.submission import clock, failpoint, outbox
from webmail.submission.models import ASK_AFTER, Outgoing, Series
from webmail.submission.recurrence import Rule, first_day, instant, next_day
from webmail.submission.route import kept_access, lead_by
from webmail.submission.wishes import Wishes
from webmail.submission.withdrawal import NO_GRANTS

log = logging.getLogger(__name__)

ACTIVE, PAUSED, ENDED = Series.State.ACTIVE, Series.State.PAUSED, Series.State.ENDED
MOST_TOLD = 5
_ANYBODY = -(2**40)
_UNREADABLE = "Paused: the password kept for it can no longer be read. Edit it to go on."


class CannotBuild(Exception):
    """Its text says why, to its writer."""


@dataclass(frozen=True, slots=True)
class Built:
    """One occurrence, ready to be queued."""

    built: BuiltMessage
    message_id: str
    identity: Identity | None
    wishes: Wishes


Build = Callable[[Series, datetime], Built]


# -- by its writer --------------------------------------------------------------------------------


def start(
    series: Series,
    rule: Rule,
    times: int | None,
    password: Secret,
    access: Access | None = None,
) -> bool:
    """Begins it, or goes on with what was changed of it; False when no day is to come."""
    day = first_to_come(series, rule)
    if day is None:
        return False
    series.frequency, series.weekdays = rule.frequency, sorted(rule.weekdays)
    series.month_day, series.at, series.zone = rule.month_day, rule.at, rule.zone.key
    series.until, series.times_left = rule.until, times
    series.state, series.said, series.missed_on = ACTIVE, "", None
    series.next_on, series.next_at = day, instant(rule, day)
    series.send_grant = vault.seal_grant(series.key, password)
    lead_by(series, access)
    with transaction.atomic(durable=True):
        series.save()
    return True


def first_to_come(series: Series, rule: Rule) -> date | None:
    """Not one that it was sent on already: at another hour it would be the same occurrence."""
    day = first_day(rule, clock.now())
    while day is not None and series.pk and series.made.filter(occurrence=day).exists():
        day = next_day(rule, day)
    return day


def skip_next(user: User, key: str) -> bool:
    """False when it is on its way already, or over."""
    row = _mine(user, key).filter(state=ACTIVE, next_at__gt=clock.now()).first()
    return row is not None and _move_on(row, next_day(row.rule, row.next_on), still_to_come=True)


def pause(user: User, key: str) -> bool:
    return bool(_mine(user, key).filter(state=ACTIVE).update(state=PAUSED))


def go_on(user: User, key: str) -> bool:
    """From now: what fell into the pause is not made up for."""
    row = _mine(user, key).filter(state=PAUSED).first()
    if row is None:
        return False
    day = first_day(row.rule, clock.now())
    ended = {"state": ENDED, "next_on": None, "next_at": None, **NO_GRANTS}
    active = {"state": ACTIVE, "next_on": day, "next_at": day and instant(row.rule, day)}
    changed = (active if day else ended) | {"said": "", "missed_on": None}
    return bool(Series.objects.filter(pk=row.pk, state=PAUSED).update(**changed))


def stop(user: User, key: str) -> bool:
    """For good; what is in the outbox already stays there."""
    return bool(_mine(user, key).delete()[0])


def dismiss(user: User, key: str) -> bool:
    """Its writer has read what was said."""
    mine = _mine(user, key)
    ended = mine.filter(state=ENDED).delete()[0]
    return bool(ended or mine.exclude(said="").update(said="", missed_on=None))


def find(user: User, key: str) -> Series | None:
    return _mine(user, key).first()


def existing_keys(keys: list[str]) -> set[str]:
    return set(Series.objects.filter(key__in=keys).values_list("key", flat=True))


def _mine(user: User, key: str) -> QuerySet[Series]:
    return Series.objects.filter(user=user, key=key)


# -- by the clock ---------------------------------------------------------------------------------


def due_ids() -> list[int]:
    due = Series.objects.filter(state=ACTIVE, next_at__lte=clock.now())
    return list(due.order_by("next_at").values_list("pk", flat=True)[:100])


def make_missed(user: User, key: str, build: Build) -> bool:
    """Queues the latest of those that were only told of, once however often it is asked for.

    Raises what ``make`` pauses for.
    """
    told = _mine(user, key).filter(state=ACTIVE).exclude(missed_on=None)
    row = told.select_related("account", "user").first()
    if row is None or row.missed_on is None:
        return False
    now = clock.now()
    _queue(row, row.missed_on, build, now, send_at=now)
    return bool(told.filter(missed_on=row.missed_on).update(missed_on=None, said=""))


def make(series_id: int, build: Build) -> Outgoing | None:
    """What is due of a series: never more than one, and none that is a day late (F38)."""
    now = clock.now()
    due = Series.objects.filter(pk=series_id, state=ACTIVE, next_at__lte=now)
    row = due.select_related("account", "user").first()
    if row is None or row.next_on is None:
        return None
    days, after = _due_days(row, row.next_on, now)
    day = days[-1] if now - instant(row.rule, days[-1]) < ASK_AFTER else None
    made_before = set(row.made.filter(occurrence__in=days).values_list("occurrence", flat=True))
    missed = [each for each in days if each not in {day, *made_before}]
    failpoint.reach("before_occurrence")
    try:
        made = _queue(row, day, build, now) if day else None
    except (CannotBuild, BuildError, DiskFull, CannotLeave) as problem:
        pause_for(row.pk, f"Paused, nothing was sent: {problem}")
        return None
    except vault.Sealed:
        pause_for(row.pk, _UNREADABLE)
        return None
    failpoint.reach("after_occurrence")
    _move_on(row, after, missed=missed, made=len(made_before | {day} if made else made_before))
    return made


def _due_days(row: Series, first: date, now: datetime) -> tuple[list[date], date | None]:
    """The days whose time has come, from ``first`` on, and the next one.

    Where a zone was changed by law meanwhile, the first waits in the outbox for its hour.
    """
    days, day = [first], next_day(row.rule, first)
    while day is not None and instant(row.rule, day) <= now:
        days.append(day)
        day = next_day(row.rule, day)
    return days, day


def _queue(
    row: Series, day: date, build: Build, now: datetime, *, send_at: datetime | None = None
) -> Outgoing:
    token = row.token_of(day)
    before = outbox.find_by_token(row.user, token)
    if before is not None:
        return before
    password = vault.open_grant(row.key, bytes(row.send_grant))
    built = build(row, now.astimezone(ZoneInfo(row.zone)))
    made, _ = outbox.queue(
        user=row.user,
        account=row.account,
        identity=built.identity,
        client_token=token,
        draft=None,
        built=built.built,
        message_id=built.message_id,
        subject=str(row.fields.get("subject", "")),
        password=password,
        access=kept_access(row),
        send_at=send_at or instant(row.rule, day),
        wishes=built.wishes,
        series=row,
        occurrence=day,
    )
    return made


def _move_on(
    row: Series,
    day: date | None,
    *,
    missed: list[date] | None = None,
    made: int = 0,
    still_to_come: bool = False,
) -> bool:
    """To its next day; only from the one it stands at, so that two workers move it once."""
    left = max(row.times_left - made, 0) if row.times_left is not None else None
    is_over = day is None or left == 0
    said = _missed_text(missed or []) or row.said
    changes: dict[str, object] = {
        "next_on": None if is_over else day,
        "next_at": None if is_over or day is None else instant(row.rule, day),
        "said": said,
    }
    if missed:
        changes |= {"missed_on": missed[-1], "untold": True}
    if is_over:
        changes |= {"state": ENDED, **NO_GRANTS}
    if left is not None and row.times_left is not None:
        changes["times_left"] = F("times_left") - (row.times_left - left)
    same = Series.objects.filter(pk=row.pk, state=ACTIVE, next_on=row.next_on)
    if still_to_come:
        same = same.filter(next_at__gt=clock.now())
    return bool(same.update(**changes))


def _missed_text(missed: list[date]) -> str:
    if not missed:
        return ""
    named = ", ".join(f"{each.day} {each:%b}" for each in missed[-MOST_TOLD:])
    more = f" and {len(missed) - MOST_TOLD} earlier ones" if len(missed) > MOST_TOLD else ""
    return (
        f"Not sent on {named}{more}: Hearth was not running, and sends nothing so late by itself."
    )


def pause_for(series_id: int, why: str) -> None:
    log.info("a series is paused: series=%s", series_id)
    mine = Series.objects.filter(pk=series_id, state=ACTIVE)
    mine.update(state=PAUSED, said=why, untold=True)


@dataclass(frozen=True, slots=True)
class Repeating:
    """How many messages of somebody repeat, and how many have something to say."""

    total: int = 0
    said: int = 0


def repeating_of(user: User) -> Repeating:
    """One query, asked by every page."""
    sql, values = _repeating_sql()
    values = tuple(user.pk if value == _ANYBODY else value for value in values)
    found = ask(connections[router.db_for_read(Series)], sql, values)
    return Repeating(*found[0]) if found else Repeating()


@cache
def _repeating_sql() -> tuple[str, tuple[Any, ...]]:
    mine = Series.objects.filter(user_id=_ANYBODY).order_by().values("user_id")
    told = mine.annotate(total=Count("pk"), told=Count("pk", filter=~Q(said="")))
    return told.values_list("total", "told").query.sql_with_params()


def of_user(user: User) -> list[Series]:
    return list(Series.objects.filter(user=user).select_related("account").order_by("next_at"))
