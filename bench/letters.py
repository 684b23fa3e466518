"""What the messages of a benchmark mailbox say: the same for the same seed and chunk."""

import base64
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate

READER = "bench@hearth.test"
NEWEST = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RARE_WORDS = 120
_SENDERS = 2_000
_BATCH = 97  # senders are drawn this many at a time


def _words(text: str) -> list[str]:
    return text.split()


_ENGLISH = _words(
    "house garden boiler roof window school lesson piano doctor appointment invoice "
    "receipt order delivery meeting minutes draft report budget holiday flight hotel "
    "train ticket weekend birthday dinner recipe photo album project server update "
    "backup password contract insurance tax letter answer question plan list price "
    "offer sale spring summer autumn winter Monday Tuesday Friday tomorrow yesterday "
    "today morning evening about with from before after between please thanks welcome "
    "reminder final new old small large open closed late early"
)
_OTHERS = (
    _words("Grüße aus München für Übermorgen Rechnung Straße"),
    _words("Réunion déjeuner été côté français facture"),
    _words("会議 資料 写真 旅行 請求書 明日の予定"),
    _words("اجتماع صور فاتورة موعد غدا العائلة"),
    _words("Отчёт встреча завтра счёт дача поезд"),
    _words("🎉 📷 ✈️ 🏠 🎹 ☀️"),
)
_FIRST = _words(
    "Ada Ben Chloé Dmitri Élise Farid Greta Hiro Ines Jonas Karin Léo Mei Noor Olga Paul"
)
_LAST = _words("Abe Berg Costa Dahl Evans Fuchs García Horváth Ito Jansen Khan Lund Moreau Novák")
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it lies on disk (lines end in LF), and how a mailbox holds it."""

    raw: bytes
    taken: int
    flags: str


@dataclass(slots=True)
class _Talk:
    """A conversation that still goes on."""

    subject: str
    people: Sequence[int]
    left: int
    ids: list[str] = field(default_factory=list)


def rare_word(number: int) -> str:
    """A word in about one of 400 messages; for searches of the body."""
    draw = random.Random(f"rare-{number}")
    letters = (draw.choice(_CONSONANTS) + draw.choice(_VOWELS) for _ in range(5))
    return "".join(letters) + "x"


def sender_word(number: int) -> str:
    """What finds one sender and nobody else, in the address."""
    return f"p{number:04d}"


class Writer:
    """Writes the letters of one chunk; every chunk has its own conversations."""

    def __init__(self, seed: int, chunk: int) -> None:
        self._seed, self._chunk = seed, chunk
        common = random.Random(seed)
        self._rare = [rare_word(number) for number in range(RARE_WORDS)]
        self._people = [_person(number) for number in range(_SENDERS)]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(_SENDERS)))
        self._lines = [" ".join(common.choices(_ENGLISH, k=11)) + ".\n" for _ in range(900)]
        self._draw = random.Random(f"{seed}-{chunk}")
        self._drawn: list[int] = []
        self._talks: list[_Talk] = []

    def letters(self, first: int, last: int, total: int, span: timedelta) -> Iterator[Letter]:
        """Messages ``first`` to ``last`` of ``total``, spread over ``span``, oldest first."""
        step = span / total
        for number in range(first, last):
            yield self._letter(number, NEWEST - step * (total - number))

    def _letter(self, number: int, at: datetime) -> Letter:
        draw = self._draw
        if draw.random() < 0.01:
            at -= timedelta(hours=draw.randrange(2, 700))
        talk = self._talk()
        person = self._people[talk.people[len(talk.ids) % len(talk.people)]]
        message_id = f"<{self._seed}.{number}@bench.test>"
        head = self._head(talk, person, message_id, at)
        talk.ids.append(message_id)
        flags = ("F" if draw.random() < 0.02 else "") + ("S" if draw.random() > 0.11 else "")
        raw = (head + self._body(number)).encode()
        return Letter(raw, int(at.timestamp()), flags)

    def _head(self, talk: _Talk, person: str, message_id: str, at: datetime) -> str:
        reply = "Re: " if talk.ids else ""
        thread = ""
        if talk.ids:
            thread = f"In-Reply-To: {talk.ids[-1]}\nReferences: {' '.join(talk.ids)}\n"
        return (
            f"From: {person}\nTo: Bench Reader <{READER}>\nSubject: {reply}{talk.subject}\n"
            f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: {message_id}\n{thread}"
            "MIME-Version: 1.0\n"
        )

    def _talk(self) -> _Talk:
        """40 % stand alone; 12 % begin a conversation of 2 to 8; the rest go on in one."""
        chance = self._draw.random()
        if chance < 0.40 or (chance >= 0.52 and not self._talks):
            return _Talk(self._subject(), (self._person(),), 0)
        if chance < 0.52:
            people = [self._person() for _ in range(self._draw.randrange(2, 5))]
            talk = _Talk(self._subject(), people, self._draw.randrange(1, 8))
            self._talks.append(talk)
            return talk
        at = self._draw.randrange(len(self._talks))
        talk = self._talks[at]
        talk.left -= 1
        if talk.left == 0:
            self._talks[at] = self._talks[-1]
            self._talks.pop()
        return talk

    def _person(self) -> int:
        if not self._drawn:
            self._drawn = self._draw.choices(range(_SENDERS), cum_weights=self._weights, k=_BATCH)
        return self._drawn.pop()

    def _subject(self) -> str:
        draw = self._draw
        words = draw.choices(_ENGLISH, k=draw.randrange(3, 9))
        if draw.random() < 0.15:
            words[-2:] = draw.choices(draw.choice(_OTHERS), k=2)
        return encoded(" ".join(words))

    def _body(self, number: int) -> str:
        chance = self._draw.random()
        text = "".join(self._draw.choices(self._lines, k=self._draw.randrange(3, 9)))
        if self._draw.random() < 0.3:
            text += f"The word is {self._draw.choice(self._rare)}.\n"
        if chance < 0.08:
            return _with_attachment(text, number)
        if chance < 0.23:
            return _newsletter(text, number)
        return f"{PLAIN}\n{text}"


PLAIN = "Content-Type: text/plain; charset=utf-8\n"


def encoded(text: str) -> str:
    """The text of a header field, as RFC 2047 words of at most 75 octets where it must be."""
    if text.isascii():
        return text
    pieces = (text[at : at + 10] for at in range(0, len(text), 10))
    words = (base64.b64encode(piece.encode()).decode() for piece in pieces)
    return "\n ".join(f"=?utf-8?B?{word}?=" for word in words)


def _person(number: int) -> str:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // 7 % len(_LAST)]
    address = f"{sender_word(number)}@{'list' if number % 5 == 0 else 'example'}.org"
    return f"{encoded(f'{first} {last}')} <{address}>"


def _with_attachment(text: str, number: int) -> str:
    data = base64.b64encode(f"line of table {number}\n".encode() * 9).decode()
    mark = f"=_a{number}"
    return (
        f'Content-Type: multipart/mixed; boundary="{mark}"\n\n--{mark}\n{PLAIN}\n{text}'
        f'--{mark}\nContent-Type: text/csv; name="table-{number}.csv"\n'
        f'Content-Disposition: attachment; filename="table-{number}.csv"\n'
        f"Content-Transfer-Encoding: base64\n\n{_folded(data)}\n--{mark}--\n"
    )


def _newsletter(text: str, number: int) -> str:
    rows = "".join(f"<tr><td>{line}</td></tr>\n" for line in text.splitlines())
    return _alternative(text, f"<table>\n{rows}</table>", number)


def _alternative(text: str, html: str, number: int) -> str:
    mark = f"=_n{number}"
    return (
        f'Content-Type: multipart/alternative; boundary="{mark}"\n\n--{mark}\n{PLAIN}\n{text}'
        f"--{mark}\nContent-Type: text/html; charset=utf-8\n\n"
        f"<html><body>{html}</body></html>\n--{mark}--\n"
    )


def _folded(text: str) -> str:
    return "\n".join(text[at : at + 76] for at in range(0, len(text), 76))


def large_newsletter(number: int, at: datetime) -> Letter:
    """100 KB of what shops send: nested tables, inline styles, a style sheet, remote pictures."""
    draw = random.Random(f"newsletter-{number}")
    cells: list[str] = []
    while sum(map(len, cells)) < 100_000:
        words = " ".join(draw.choices(_ENGLISH, k=20))
        cells.append(
            f'<tr><td style="padding:8px;color:#{draw.randrange(16**6):06x};'
            'font-family:Arial,sans-serif">'
            f'<a href="https://shop.example/{number}/{len(cells)}" style="text-decoration:none">'
            f'<img src="https://shop.example/{len(cells)}.png" width="120" height="80" alt="">'
            f"</a><p>{words}</p></td></tr>\n"
        )
    style = "".join(f".c{n}{{padding:{n}px;color:#333}}\n" for n in range(40))
    html = f"<style>{style}</style><table>\n{''.join(cells)}</table>"
    body = _alternative("What is new this week.\n", html, number)
    return _special(f"News {number} of the week", f"news{number}", at, body)


def large_attachment(at: datetime) -> Letter:
    """A message with 3 MB attached, 4.1 MB as it travels."""
    data = base64.b64encode(random.Random("attachment").randbytes(3_000_000)).decode()
    body = (
        f'Content-Type: multipart/mixed; boundary="=_big"\n\n--=_big\n{PLAIN}\nHere it is.\n'
        '--=_big\nContent-Type: application/pdf; name="plans.pdf"\n'
        'Content-Disposition: attachment; filename="plans.pdf"\n'
        f"Content-Transfer-Encoding: base64\n\n{_folded(data)}\n--=_big--\n"
    )
    return _special("The plans, 3 MB", "plans", at, body)


def _special(subject: str, name: str, at: datetime, body: str) -> Letter:
    head = (
        f"From: Shop <shop@example.org>\nTo: Bench Reader <{READER}>\nSubject: {subject}\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: <{name}@bench.test>\n"
        "MIME-Version: 1.0\n"
    )
    return Letter((head + body).encode(), int(at.timestamp()), "S")


def talk(name: str, count: int, flags: str) -> Iterator[Letter]:
    """A conversation of ``count`` messages, each of which answers the one before."""
    draw = random.Random(f"talk-{name}")
    ids: list[str] = []
    for number in range(count):
        at = NEWEST - timedelta(hours=count - number)
        text = "\n".join(" ".join(draw.choices(_ENGLISH, k=12)) for _ in range(6))
        quoted = "".join(f"> {line}\n" for line in text.splitlines())
        thread = f"In-Reply-To: {ids[-1]}\nReferences: {' '.join(ids[-12:])}\n" if ids else ""
        message_id = f"<talk.{name}.{number}@bench.test>"
        head = (
            f"From: {_person(number % 9)}\nTo: Bench Reader <{READER}>\n"
            f"Subject: {'Re: ' * bool(ids)}What we {name} about the summer\n"
            f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\nMessage-ID: {message_id}\n{thread}"
            f"MIME-Version: 1.0\n{PLAIN}\n{text}\n\nIngrid wrote:\n{quoted}"
        )
        ids.append(message_id)
        yield Letter(head.encode(), int(at.timestamp()), flags)
