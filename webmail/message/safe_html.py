"""The type of HTML that may be shown, and the account of what was withheld from it."""

from dataclasses import dataclass

_MAX_HOSTS = 50


class SafeHtml(str):
    """HTML that this package made or cleaned; any edit of it falls back to str.

    Only ``sanitize`` and ``plaintext`` create it, and ``link_targets`` adds to it.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Blocked:
    """What was withheld.

    ``remote`` counts pictures, backgrounds and styles of other hosts; ``hosts`` are
    theirs, in order of appearance.  ``reason`` says why no HTML is shown at all: ``too
    large``, ``too slow``, or empty.
    """

    remote: int = 0
    hosts: tuple[str, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.remote or self.reason)

    def __add__(self, other: "Blocked") -> "Blocked":
        return Blocked(
            self.remote + other.remote,
            tuple(dict.fromkeys(self.hosts + other.hosts))[:_MAX_HOSTS],
            self.reason or other.reason,
        )
