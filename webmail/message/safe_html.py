"""The type of HTML that may be shown, and the account of what was withheld from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_MAX_NAMES = 50
MAX_PICTURES = 300


class SafeHtml(str):
    """HTML that this package made or cleaned; any edit of it falls back to str.

    Only ``sanitize`` and ``plaintext`` create it, and ``link_targets`` adds to it.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class RemotePicture:
    """A picture of another host; ``tracker`` names who would learn of the opening by it."""

    url: str
    tracker: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """What was withheld.

    ``remote`` counts pictures, backgrounds and styles of other hosts; ``hosts`` are theirs,
    in order of appearance.  ``trackers`` of them are only there to be counted, ``counters``
    says for whom; their hosts are not among ``hosts``.  ``pictures`` are those that could be
    shown, each URL once.  ``reason`` says why no HTML is shown at all: ``too large``, ``too
    slow``, or empty.
    """

    remote: int = 0
    hosts: tuple[str, ...] = ()
    reason: str = ""
    trackers: int = 0
    counters: tuple[str, ...] = ()
    pictures: tuple[RemotePicture, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.remote or self.reason)

    def __add__(self, other: "Blocked") -> "Blocked":
        return Blocked(
            self.remote + other.remote,
            tuple(dict.fromkeys(self.hosts + other.hosts))[:_MAX_NAMES],
            self.reason or other.reason,
            self.trackers + other.trackers,
            tuple(dict.fromkeys(self.counters + other.counters))[:_MAX_NAMES],
            tuple(dict.fromkeys(self.pictures + other.pictures))[:MAX_PICTURES],
        )


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a reader allows a message beyond the rule.

    ``pictures``: the URL of a remote picture → the URL of ours that shows it.
    ``link_tracking``: links stay as their sender wrote them.
    """

    pictures: Mapping[str, str] = field(default_factory=dict)
    link_tracking: bool = False


NOTHING = Allowed()
