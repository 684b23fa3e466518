"""What became of every message, counted at the sink, in the Sent mailbox and on the page."""

import re
from collections import Counter
from dataclasses import dataclass

from tests.chaos.letters import Letter, token_of
from tests.lab.smtp_sink import Taken

_ROW = re.compile(r'<li class="outgoing.*?</li>', re.DOTALL)
_UNCLEAR = "may or may not have taken"


@dataclass(frozen=True, slots=True)
class Count:
    """``silent``: what a person can see does not say what happened.  ``unfiled``: a message
    that was sent has not exactly one copy in Sent."""

    sent: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    altered: tuple[str, ...]
    silent: tuple[str, ...]
    unclear: tuple[str, ...]
    unfiled: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.altered or self.silent or self.unfiled)

    def __str__(self) -> str:
        return (
            f"sent {self.sent} lost {len(self.lost)} doubled {len(self.doubled)} "
            f"altered {len(self.altered)} silent {len(self.silent)} unclear {len(self.unclear)}"
        )


def count(
    promised: dict[str, Letter], taken: list[Taken], copies: list[bytes], outbox: str
) -> Count:
    """``promised`` by token; ``copies`` are the messages in Sent; ``outbox`` is its page."""
    at_sink = Counter(token_of(each.content) for each in taken)
    in_sent = Counter(token_of(each) for each in copies)
    shown = {token: row for row in _ROW.findall(outbox) for token in promised if token in row}
    unclear = {token for token, row in shown.items() if _UNCLEAR in row}
    altered = {
        token_of(each.content)
        for each in taken
        if (letter := promised.get(token_of(each.content))) is None
        or not letter.is_whole_in(each.content, each.rcpt_to)
    }
    lost = {token for token in promised if not at_sink[token] and token not in unclear}
    # Told as sent: filed in Sent.  Told as unclear: the page says so.  Both, or neither, or
    # "sent" of what never left, is not the truth.
    silent = {token for token in promised if (token in unclear) == bool(in_sent[token])}
    return Count(
        sent=len(promised),
        lost=tuple(sorted(lost)),
        doubled=tuple(sorted(token for token, times in at_sink.items() if times > 1)),
        altered=tuple(sorted(altered)),
        silent=tuple(sorted(silent)),
        unclear=tuple(sorted(unclear)),
        unfiled=tuple(sorted(t for t in promised if in_sent[t] != 1 and t not in unclear)),
    )
