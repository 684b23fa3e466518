"""What is written during chaos, and whether what the sink took is that and nothing else."""

import email
import email.policy
import hashlib
import random
import re
from dataclasses import dataclass

TOKEN = re.compile(r"chaos-([0-9a-f]{12})")
_LINES = (
    "Dear all,",
    ".",
    "..",
    ". a line that begins with a dot",
    "From here on it is quiet.",
    "Grüße aus Łódź, 東京 and Αθήνα.",
    "> quoted, > and again",
    "-- ",
    "x" * 1200,
    "One two three " * 40,
    "",
    "QUIT",
    "https://example.org/" + "a" * 300,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """As a person writes it; ``file`` is attached unless empty."""

    token: str
    to: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    text: str
    file: bytes

    def is_whole_in(self, content: bytes, rcpt_to: tuple[str, ...]) -> bool:
        """Whether the sink has every word, every file and every recipient, and no other."""
        if re.search(rb"(?<!\r)\n|\r(?!\n)", content) or sorted(rcpt_to) != self._envelope():
            return False
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain",))
        files = [part.get_payload(decode=True) for part in message.iter_attachments()]
        return (
            message["bcc"] is None
            and message["subject"] == self.subject
            and body is not None
            and body.get_content().split() == self.text.split()
            and [_hash(each) for each in files] == ([_hash(self.file)] if self.file else [])
        )

    def _envelope(self) -> list[str]:
        return sorted({*self.to, *self.bcc})


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(chance: random.Random, addresses: list[str]) -> Letter:
    token = f"{chance.getrandbits(48):012x}"
    people = chance.sample(addresses, k=chance.randint(1, 3))
    hidden = people[1:] if chance.random() < 0.2 else []
    lines = chance.choices(_LINES, k=chance.randint(1, 8))
    return Letter(
        token=token,
        to=tuple(each for each in people if each not in hidden),
        bcc=tuple(hidden),
        subject=f"chaos-{token} {chance.choice(('Dinner', 'Überraschung', '旅行', 'Re: x'))}",
        text="\n".join((f"chaos-{token}", *lines)),
        file=chance.randbytes(chance.randint(1, 150_000)) if chance.random() < 0.15 else b"",
    )


def token_of(content: bytes) -> str:
    """The token of a message as it travels; empty for one that nobody here wrote."""
    subject = email.message_from_bytes(content, policy=email.policy.default)["subject"]
    found = TOKEN.search(str(subject))
    return found[1] if found else ""
