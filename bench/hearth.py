"""Hearth as a browser with our script uses it; its URLs are read out of its own pages."""

import re
import time
from html import unescape

from imapclient.datetime_util import parse_to_datetime

from bench.browser import Browser, Replies
from bench.floor import RawImap

PART = {"HX-Request": "true"}
_LOOKS_AGAIN_S = 0.05
_NO_NEWS = 204


class Hearth:
    """One signed-in person; ``inbox`` is the path of their inbox."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.inbox = ""
        self._token = ""

    def sign_in(self, address: str, password: str, *, look: bool = True) -> Replies:
        """Signs in and loads the page with folders and rows, unless told not to ``look``."""
        form = self.browser.get("/sign-in/")
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', form.body)
        assert found, "the sign-in page has no form token"
        fields = {"csrfmiddlewaretoken": found[1].decode(), "address": address}
        done = self.browser.post("/sign-in/", fields | {"password": password})
        assert done.status == 303, (done.status, done.body[:300])
        self.inbox = self.browser.get(done.field(b"location") or "/mail/").field(b"location")
        return [(self.browser.get(self.inbox), b'class="row')] if look else []

    def part(self, path: str, wanted: bytes = b'class="row') -> Replies:
        """What the script fetches to fill a pane."""
        return [(self.browser.get(path, PART), wanted)]

    def first_of_search(self, path: str) -> Replies:
        """What is shown at once, on whichever page the search of a large mailbox goes on."""
        found = self.part(path, b"")
        if page := found[0][0].field(b"location"):
            found += self.part(page, b"search-state")
        return found

    def whole_search(self, path: str) -> Replies:
        """The first answer, and those that follow until the search is over."""
        found = self.first_of_search(path)
        while link := re.search(rb'data-found="([^"]+)"', found[-1][0].body):
            time.sleep(_LOOKS_AGAIN_S)
            following = self.part(unescape(link[1].decode()), b"")
            if following[0][0].status != _NO_NEWS:
                found += following
        return [*found[:-1], (found[-1][0], b'class="row')]

    def act(self, deed: str, ref: str, **more: str) -> Replies:
        fields = {"do": deed, "ref": ref, "csrfmiddlewaretoken": self.token(), "next": self.inbox}
        return [(self.browser.post("/mail/actions/", fields | more, PART), b"")]

    def token(self) -> str:
        if not self._token:
            page = self.browser.get(self.inbox, PART).body
            found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            assert found, "the list has no form token"
            self._token = found[1].decode()
        return self._token

    def ref(self, validity: int, uid: int, mailbox: str = "INBOX") -> str:
        """``data-ref`` of a message, spelled as the inbox's URL spells the account."""
        account = self.inbox.split("/")[2]
        return f"{account}/{mailbox}/{validity}.{uid}"

    def refs(self, path: str) -> list[bytes]:
        """What the rows of a list are of, in their order."""
        return re.findall(rb'data-ref="([^"]+)"', self.browser.get(path, PART).body)

    def older_at(self, imap: RawImap, position: int) -> str:
        """The Older link that leads past the newest ``position`` messages.

        Its form is that of the first page's own link, the place in it that of the message at
        ``position``: to follow 1,500 links would take longer than to measure.
        """
        page = self.browser.get(self.inbox, PART).body.decode()
        link = re.search(r'rel="next" href="([^"]+)"', page)
        assert link, "the first page has no Older link"
        uid, seconds = _message_at(imap, position)
        return re.sub(
            r"after=(\d+)(\.\d+)?",
            lambda found: f"after={seconds}.{uid}" if found[2] else f"after={uid}",
            unescape(link[1]),
        )


def _message_at(imap: RawImap, position: int) -> tuple[int, int]:
    """UID and internal date of the message at ``position`` from the newest."""
    total = re.search(rb"MESSAGES (\d+)", imap.ask(b"STATUS INBOX (MESSAGES)"))
    assert total
    answer = imap.ask(b"FETCH %d (UID INTERNALDATE)" % (int(total[1]) - position + 1))
    found = re.search(rb'UID (\d+) INTERNALDATE "([^"]+)"', answer)
    assert found, answer
    return int(found[1]), int(parse_to_datetime(found[2], normalise=False).timestamp())
