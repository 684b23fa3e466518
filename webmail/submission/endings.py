"""How a try to submit a message may end.

The errors::

    SubmissionError
      NoConnection      nothing usable, and nothing was taken
      SignInRefused     these credentials are not accepted
      RefusedForNow     a definite 4xx, before or after DATA
      RefusedForGood    a definite 5xx; ``refused`` names recipients
      Unclear           DATA began and no answer came: the server may have taken it
"""

import re
from dataclasses import dataclass

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said: its code and its words, cleaned for showing and storing."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class SubmissionError(Exception):
    """The message was not, or may not have been, taken; the text is for people.

    ``replies`` are the server's words to each recipient it was told of.
    """

    def __init__(self, text: str, *, replies: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.replies = replies or {}


class NoConnection(SubmissionError):
    """No usable connection; the server has certainly not taken the message."""


class SignInRefused(SubmissionError):
    """The server said no to these credentials."""


class RefusedForNow(SubmissionError):
    """A 4xx: the server wants us to come back later."""


class RefusedForGood(SubmissionError):
    """A 5xx.  ``refused`` maps recipients to the server's words, where it named some."""

    def __init__(
        self,
        text: str,
        refused: dict[str, str] | None = None,
        *,
        replies: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text, replies=replies)
        self.refused = refused or {}


class Unclear(SubmissionError):
    """DATA began and no answer came."""


def clean_words(words: str) -> str:
    """Without controls and halves of characters: it will be stored, logged and shown (T10)."""
    return _UNPRINTABLE.sub(" ", words).strip()[:500]
