"""What speaks against a message, piece by piece, and what follows from all of it."""

from dataclasses import dataclass
from enum import StrEnum

CAUTION = 50
DANGER = 100
_WORTH_SAYING = 15


class Kind(StrEnum):
    """What a piece of evidence is about; stored where somebody said that it is fine."""

    BRAND = "brand"
    CONTACT = "contact"
    NAME_ADDRESS = "name-address"
    NAME_SIGNS = "name-signs"
    LOOKALIKE = "lookalike"
    LETTERS = "letters"
    REPLY_TO = "reply-to"
    LINKS = "links"
    FILES = "files"
    FAILED = "failed"
    IN_MY_NAME = "in-my-name"
    PRESSURE = "pressure"
    FIRST = "first"


class Level(StrEnum):
    NONE = ""
    QUIET = "quiet"
    CAUTION = "caution"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason.  ``weight`` runs from 0 to 100; 100 is enough by itself for a red sentence.

    ``reason`` is a sentence.  ``claimed`` is who the message pretends to be from, if it does.
    """

    kind: Kind
    weight: int
    reason: str
    claimed: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found, the weightiest first."""

    evidence: tuple[Evidence, ...] = ()

    @property
    def weight(self) -> int:
        return sum(each.weight for each in self.evidence)

    @property
    def level(self) -> Level:
        if self.weight >= DANGER:
            return Level.DANGER
        if self.weight >= CAUTION:
            return Level.CAUTION
        return Level.QUIET if self.said else Level.NONE

    @property
    def said(self) -> tuple[Evidence, ...]:
        """What is worth a sentence."""
        return tuple(
            each
            for each in self.evidence
            if each.weight >= _WORTH_SAYING or each.kind is Kind.FIRST
        )

    @property
    def claimed(self) -> str:
        return next((each.claimed for each in self.evidence if each.claimed), "")

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(each.kind for each in self.evidence)


def weigh(evidence: list[Evidence], fine: frozenset[Kind] = frozenset()) -> Verdict:
    """``fine`` are the kinds that the reader knows and accepts of this sender."""
    left = [each for each in evidence if each.kind not in fine and each.weight >= 0]
    has_more = any(each.weight >= _WORTH_SAYING and each.kind is not Kind.PRESSURE for each in left)
    if not has_more:  # haste alone is no evidence
        left = [each for each in left if each.kind is not Kind.PRESSURE]
    return Verdict(tuple(sorted(left, key=lambda each: -each.weight)))
