"""What a recurrence rule means, in words.  No rule is ever expanded (T38)."""

import re
from datetime import date

_FREQUENCIES = {
    "SECONDLY": ("second", "seconds"),
    "MINUTELY": ("minute", "minutes"),
    "HOURLY": ("hour", "hours"),
    "DAILY": ("day", "days"),
    "WEEKLY": ("week", "weeks"),
    "MONTHLY": ("month", "months"),
    "YEARLY": ("year", "years"),
}
_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday",
    "SA": "Saturday", "SU": "Sunday",
}  # fmt: skip
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_NTH[-2] = "last but one"
_DAY = re.compile(r"([+-]?\d{1,3})?(MO|TU|WE|TH|FR|SA|SU)")
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WORKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
_MOST_NAMED = 12


def recurrence_words(rule: str) -> str:
    """``Every week on Tuesday, until 12 March 2027``; ``Repeats`` for what cannot be said."""
    parts = dict(each.strip().partition("=")[::2] for each in rule.upper().split(";")[:20])
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        return "Repeats"
    is_each = frequency in ("DAILY", "WEEKLY") and _number(parts.get("INTERVAL", "1")) <= 1
    if is_each and _days_of(parts) == _WORKDAYS:
        return f"Every workday{_end(parts)}"
    words = [_every(frequency, parts.get("INTERVAL", "1")), *_on(frequency, parts)]
    return " ".join(word for word in words if word) + _end(parts)


def _days_of(parts: dict[str, str]) -> list[str]:
    return [_DAYS[found[2]] for found in _DAY.finditer(parts.get("BYDAY", ""))]


def _every(frequency: str, interval: str) -> str:
    one, many = _FREQUENCIES[frequency]
    number = _number(interval) or 1
    return f"Every {one}" if number == 1 else f"Every {number} {many}"


def _on(frequency: str, parts: dict[str, str]) -> list[str]:
    days = [found.groups() for found in _DAY.finditer(parts.get("BYDAY", ""))][:_MOST_NAMED]
    position = _number(parts.get("BYSETPOS", ""))
    words: list[str] = []
    if days:
        words.append(_on_days(days, position, is_weekly=frequency in ("WEEKLY", "DAILY")))
    numbers = [n for each in parts.get("BYMONTHDAY", "").split(",") if (n := _number(each))]
    if numbers:
        those = _listed([_of_month(n) for n in numbers[:_MOST_NAMED]])
        words.append(f"where that is {those}" if days else f"on {those}")
    months = [n for each in parts.get("BYMONTH", "").split(",") if (n := _number(each))]
    named = [_MONTHS[n - 1] for n in months if 1 <= n <= 12]
    if named:
        words.append(f"in {_listed(named)}")
    return words


def _on_days(days: list[tuple[str, ...]], position: int, *, is_weekly: bool) -> str:
    names = [_DAYS[name] for _, name in days]
    if is_weekly and names == _WORKDAYS:
        return "on workdays"
    if position and names == _WORKDAYS:
        return f"on the {_nth(position)} workday"
    nth = [_number(number or "") or position for number, _ in days]
    if is_weekly or not any(nth):
        return f"on {_listed(names)}"
    each = [f"the {_nth(n)} {name}" if n else name for n, name in zip(nth, names, strict=True)]
    return f"on {_listed(each)}"


def _nth(number: int) -> str:
    return _NTH.get(number) or (f"{number}th" if number > 0 else f"{-number}th last")


def _of_month(number: int) -> str:
    return "the last day" if number == -1 else f"day {number}"


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _end(parts: dict[str, str]) -> str:
    until = _DATE.match(parts.get("UNTIL", ""))
    if until is not None:
        try:
            day = date(*map(int, until.groups()))
        except ValueError:
            return ""
        return f", until {day.day} {_MONTHS[day.month - 1]} {day.year}"
    count = _number(parts.get("COUNT", ""))
    return "" if count < 1 else ", once" if count == 1 else f", {count:,} times"


def _number(text: str) -> int:
    """0 for what is no number, or none that anybody means."""
    return int(text) if re.fullmatch(r"[+-]?\d{1,6}", text.strip()) else 0
