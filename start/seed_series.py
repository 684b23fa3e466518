"""Two years of ordinary mail: what comes every week and every month, and small talk."""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from start import seed_files
from start.seed_letter import INGRID, JONAS, MARA, Letter, Person, quoted
from webmail.message.address import Address
from webmail.message.build import DraftAttachment

DAYS = 730
_NEWEST_DAY = 3  # what is younger is told in seed_stories


@dataclass(frozen=True, slots=True)
class Series:
    """One sender who writes every ``every`` days, at about ``hour``.

    In subjects and lines ``{month} {week} {day} {number}`` are filled in.  ``kind`` is
    ``text``, ``html``, ``pdf`` or ``picture``; letters older than 120 days are filed in
    ``filed`` where that is set.
    """

    sender: Address
    every: float
    hour: int
    subjects: tuple[str, ...]
    lines: tuple[str, ...]
    kind: str = "text"
    filed: str = ""
    reader: Person = MARA


def series(now: datetime) -> Iterator[Letter]:
    for number, each in enumerate(_SERIES):
        yield from _letters(each, now, random.Random(number))  # noqa: S311
    yield from _notes(now, random.Random("notes"))  # noqa: S311


def _letters(each: Series, now: datetime, chance: random.Random) -> Iterator[Letter]:
    days = _NEWEST_DAY + chance.random() * each.every
    number = int(DAYS / each.every)
    while days < DAYS:
        when = _moment(now, int(days), each.hour, chance)
        yield _letter(each, when, number, days, chance)
        days += each.every * (0.75 + chance.random() / 2)
        number -= 1


def _moment(now: datetime, days_ago: int, hour: int, chance: random.Random) -> datetime:
    day = now - timedelta(days=days_ago)
    minute, second = chance.randrange(60), chance.randrange(60)
    return day.replace(hour=hour, minute=minute, second=second, microsecond=0)


def _letter(
    each: Series, when: datetime, number: int, days: float, chance: random.Random
) -> Letter:
    filled = {
        "month": f"{when:%B}",
        "week": f"{when:%V}",
        "day": f"{when.day} {when:%B}",
        "number": 20000 + number,
    }
    subject = chance.choice(each.subjects).format_map(filled)
    lines = [line.format_map(filled) for line in chance.sample(each.lines, min(3, len(each.lines)))]
    return Letter(
        from_=each.sender,
        to=(each.reader.sender,),
        when=when,
        subject=subject,
        text="\n\n".join((*lines, each.sender.name)) + "\n",
        html=_page(each, subject, lines, number) if each.kind == "html" else "",
        attachments=_files(each, subject, lines, number),
        mailbox=each.filed if each.filed and days > 120 else "INBOX",
        flagged=chance.random() < 0.012,
    )


def _page(each: Series, title: str, lines: list[str], number: int) -> str:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    picture = f"https://img.{each.sender.domain}/{number}/head.jpg"
    return (
        '<table width="100%" style="background:#eef1f4"><tr><td align="center"><table width="560" '
        f'cellpadding="20" style="background:#fff"><tr><td><img src="{picture}" width="520" '
        f'height="180" alt=""><h2>{title}</h2>{paragraphs}<p><a href="https://{each.sender.domain}/'
        f'{number}">Open in the browser</a></p></td></tr></table></td></tr></table>'
    )


def _files(each: Series, title: str, lines: list[str], number: int) -> tuple[DraftAttachment, ...]:
    if each.kind == "pdf":
        content = seed_files.pdf(title, *lines)
        return (DraftAttachment(f"{title}.pdf", "application/pdf", content),)
    if each.kind == "picture":
        content = seed_files.jpeg(
            30, 20, (120 + number % 7 * 15, 160, 210), (235, 220, 200), 1 + number % 5
        )
        return (DraftAttachment(f"IMG_{number:04}.jpg", "image/jpeg", content),)
    return ()


def _notes(now: datetime, chance: random.Random) -> Iterator[Letter]:
    """Short notes within the household, about half of them answered the same evening."""
    days: float = _NEWEST_DAY
    while days < DAYS:
        writer, reader = chance.sample((MARA, JONAS, INGRID), 2)
        subject, line, answer = chance.choice(_NOTES)
        when = _moment(now, int(days), chance.randrange(8, 17), chance)
        note = Letter(
            from_=writer.sender,
            to=(reader.sender,),
            when=when,
            subject=subject,
            text=f"{line}\n\n{writer.name.split()[0]}\n",
        )
        yield note
        if chance.random() < 0.5:
            yield Letter(
                from_=reader.sender,
                to=(writer.sender,),
                when=when + timedelta(minutes=chance.randrange(5, 200)),
                subject=f"Re: {subject}",
                text=f"{answer}\n\n{quoted(note)}",
                answers=note,
            )
        days += chance.random() * 4


def _series(row: dict[str, Any]) -> Series:
    sender = Address(row["sender"], row["address"])
    reader = _READERS[row.get("reader", "mara")]
    names = ("every", "hour", "kind", "filed")
    given = {name: row[name] for name in names if name in row}
    return Series(
        sender, subjects=tuple(row["subjects"]), lines=tuple(row["lines"]), reader=reader, **given
    )


_READERS = {"mara": MARA, "jonas": JONAS, "ingrid": INGRID}
_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_SERIES = tuple(_series(row) for row in _TABLE["series"])
_NOTES = tuple((row["subject"], row["line"], row["answer"]) for row in _TABLE["notes"])
