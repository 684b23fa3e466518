"""Which time zone a calendar means: IANA names, those of Windows, and what VTIMEZONE says.

The zone database is asked first, since it knows of changes since the calendar was written.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from webmail.message.content_lines import Component, Line

_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+-])(\d{1,2})[:.]?(\d{2})?", re.IGNORECASE)
_UTC_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})(?::?\d{2})?$")
_LOCAL = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_OBSERVANCES = 40


def find_zone(name: str, defined: Iterable[Component], at: datetime) -> tzinfo | None:
    """The zone of this TZID, or None where nobody can tell; ``at`` is the local time meant."""
    known = named_zone(name)
    if known is not None:
        return known
    definition = next((each for each in defined if each.text("TZID") == name), None)
    if definition is None:
        return _zone_described(name) or _offset_in_name(name)
    for alias in (definition.text("X-LIC-LOCATION"), definition.text("TZ-ID")):
        if alias and (known := named_zone(alias)) is not None:
            return known
    return _zone_defined(definition, at) or _offset_in_name(name)


_MORE_WORDS = re.compile(r"\s*(?:\([^()]*\)|\d+)$")
_DESCRIBED = re.compile(r"(?:\([^()]*\))?\s*([^()]+?)\s*(?:\(US & Canada\))?$", re.IGNORECASE)
_AMERICAN = re.compile(
    r"(Eastern|Central|Mountain|Pacific) Time(?: \(US & Canada\))?$", re.IGNORECASE
)


def _zone_described(name: str) -> tzinfo | None:
    """``(UTC+01:00) Amsterdam, Berlin, Bern``, as Windows shows a zone to people.

    The cities of one description have one clock.
    """
    name = name.strip()[:200]
    if american := _AMERICAN.search(name):
        return named_zone(f"US/{american[1].title()}")
    if name in ("Z", "tzone://Microsoft/Utc"):
        return UTC
    if known := named_zone(_MORE_WORDS.sub("", name)):
        return known
    described = _DESCRIBED.match(name)
    cities = re.split(r"\s*[,/]\s*", described[1]) if described else []
    return next((zone for city in cities if (zone := _zone_of_city(city.lower()))), None)


def _zone_of_city(city: str) -> ZoneInfo | None:
    found = _cities().get(city.replace(" ", "_"))
    return _zone(found) if found else None


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
    names = (name for name in sorted(available_timezones()) if name.startswith(areas))
    return {name.rpartition("/")[2].lower(): name for name in names}


@lru_cache(maxsize=1)
def _zones_of_windows() -> dict[str, str]:
    """IANA's name for each, by its name in lower case.

    Loaded with the first invitation: 80 modules come with this table, 2.5 MB of every process.
    """
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@lru_cache(maxsize=512)
def named_zone(name: str) -> ZoneInfo | None:
    """An IANA name, also behind a path of its maker (``/mozilla.org/…/Europe/Berlin``)."""
    plain = name.strip().strip('"')[:200]
    if not plain:
        return None
    if zone := _zones_of_windows().get(plain.lower()):
        return _zone(zone)
    steps = plain.strip("/").split("/")
    for count in (len(steps), 3, 2):
        if 0 < count <= len(steps) and (found := _zone("/".join(steps[-count:]))) is not None:
            return found
    return None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _offset_in_name(name: str) -> tzinfo | None:
    """``(UTC+01:00) Amsterdam, Berlin``: better than nothing, though without summer time."""
    found = _OFFSET.search(name)
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return _fixed(-minutes if found[1] == "-" else minutes)


def _fixed(minutes: int) -> tzinfo | None:
    return timezone(timedelta(minutes=minutes)) if abs(minutes) < 24 * 60 else None


def _zone_defined(definition: Component, at: datetime) -> tzinfo | None:
    """The offset that holds at one moment: the observance that began last before it."""
    began: list[tuple[datetime, Component]] = []
    for each in definition.components[:_MOST_OBSERVANCES]:
        if each.name in ("STANDARD", "DAYLIGHT"):
            began += [(onset, each) for onset in _onsets(each, at.year)]
    if not began:
        return None
    before = [pair for pair in began if pair[0] <= at]
    observance = (max if before else min)(before or began, key=lambda pair: pair[0])[1]
    return _offset_of(observance.first("TZOFFSETTO"))


def _offset_of(line: Line | None) -> tzinfo | None:
    return offset_zone(line.value.strip()) if line else None


def offset_zone(text: str) -> tzinfo | None:
    """``+0100``."""
    found = _UTC_OFFSET.match(text)
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return _fixed(-minutes if found[1] == "-" else minutes)


def _onsets(observance: Component, year: int) -> list[datetime]:
    """When it begins this year and the year before, or on the dates it names."""
    start = observance.first("DTSTART")
    first = _local(start.value) if start else None
    if first is None:
        return []
    onsets = [first]
    for line in observance.all("RDATE")[:_MOST_OBSERVANCES]:
        onsets += [day for each in line.value.split(",")[:100] if (day := _local(each))]
    rule = observance.first("RRULE")
    if rule is not None:
        onsets += [day for each in (year - 1, year) if (day := _in_year(rule.value, first, each))]
    return [day for day in onsets if day >= first]


def _local(value: str) -> datetime | None:
    found = _LOCAL.match(value.strip())
    try:
        return datetime(*(int(each or 0) for each in found.groups())) if found else None  # type: ignore[arg-type]  # noqa: DTZ001  local time of the zone that is being found
    except ValueError:
        return None


def _in_year(rule: str, first: datetime, year: int) -> datetime | None:
    """``FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU``, the only shape zones come in."""
    parts = dict(each.partition("=")[::2] for each in rule.upper().split(";"))
    until = _local(parts.get("UNTIL", ""))
    day = _DAY.match(parts.get("BYDAY", ""))
    try:
        month = int(parts.get("BYMONTH") or first.month)
        number = int(parts.get("BYMONTHDAY") or first.day)
        onset = first.replace(year=year, month=month, day=1)
        if day is not None:
            number = _nth(year, month, _WEEKDAYS.index(day[2]), int(day[1] or 1))
        onset = onset.replace(day=number)
    except ValueError:
        return None
    return None if until is not None and onset > until + timedelta(days=1) else onset


def _nth(year: int, month: int, weekday: int, nth: int) -> int:
    first, length = monthrange(year, month)
    days = [day for day in range(1, length + 1) if (first + day - 1) % 7 == weekday]
    return days[nth - 1 if nth > 0 else nth] if abs(nth) <= len(days) else days[-1]
