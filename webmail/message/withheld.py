"""What is withheld of a message while it is cleaned, counted as it is met."""

from dataclasses import dataclass, field

from webmail.message.links import picture_link, remote_host
from webmail.message.safe_html import MAX_PICTURES, Allowed, Blocked, RemotePicture
from webmail.message.trackers import tracker_of

_MAX_NAMES = 50


@dataclass(slots=True)
class Withheld:
    """``sizes`` is what ``trackers.sizes_of`` knows of the document."""

    allowed: Allowed
    sizes: dict[str, bool] = field(default_factory=dict)
    remote: int = 0
    trackers: int = 0
    hosts: dict[str, None] = field(default_factory=dict)
    counters: dict[str, None] = field(default_factory=dict)
    pictures: dict[RemotePicture, None] = field(default_factory=dict)

    def note(self, host: str) -> None:
        """A background or a style of another host."""
        self.remote += 1
        if len(self.hosts) < _MAX_NAMES:
            self.hosts[host] = None

    def note_target(self, target: str) -> None:
        host = remote_host(target)
        if host is not None:
            self.note(host)

    def picture(self, source: str) -> str | None:
        """The URL that shows a remote picture where it is allowed; else it is counted."""
        host = remote_host(source)
        if host is None:
            return None
        url = picture_link(source)
        if url is not None and url in self.allowed.pictures:
            return self.allowed.pictures[url]
        hidden = self.sizes.get(source.strip())
        tracker = tracker_of(url or f"//{host}", is_hidden=hidden is True, is_sized=hidden is False)
        self._count(host, tracker)
        if url is not None and len(self.pictures) < MAX_PICTURES:
            self.pictures[RemotePicture(url, tracker)] = None
        return None

    def _count(self, host: str, tracker: str) -> None:
        if not tracker:
            self.note(host)
            return
        self.remote += 1
        self.trackers += 1
        if len(self.counters) < _MAX_NAMES:
            self.counters[tracker] = None

    def blocked(self, reason: str = "") -> Blocked:
        return Blocked(
            self.remote,
            tuple(self.hosts),
            reason,
            self.trackers,
            tuple(self.counters),
            tuple(self.pictures),
        )
