"""What a mailing list says of itself: List-Id (RFC 2919) and its commands (RFC 2369, 8058)."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.charset import decode_text
from webmail.message.header import Fields, first
from webmail.message.words import decode_header_words

_MAX_URL = 2000
_URL = re.compile(r"<\s*([^<>]{1,2100})\s*>")
_NAMED = re.compile(r"^\s*(?:\"?(?P<name>[^<]*?)\"?\s*)?<(?P<id>[^<>\s]{1,255})>\s*$")
_NO = re.compile(r"\s*NO(?![\w@.])", re.IGNORECASE)  # RFC 2369, 3.4: a comment may follow
_LINE_BREAKS = re.compile(r"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Command:
    """One way to do it: a page (``host`` is where), or a mail to ``address``."""

    url: str
    host: str = ""
    address: str = ""
    subject: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class MailingList:
    """``name`` is for people.  Commands are empty tuples where the list offers none.

    ``is_one_click`` says that the page in ``unsubscribe`` takes a POST (RFC 8058).
    """

    name: str
    list_id: str
    unsubscribe: tuple[Command, ...] = ()
    subscribe: tuple[Command, ...] = ()
    help: tuple[Command, ...] = ()
    archive: tuple[Command, ...] = ()
    post: tuple[Command, ...] = ()
    owner: tuple[Command, ...] = ()
    takes_no_posts: bool = False
    is_one_click: bool = False

    @property
    def by_mail(self) -> Command | None:
        """The address that takes a mail to unsubscribe."""
        return next((each for each in self.unsubscribe if each.address), None)

    @property
    def post_address(self) -> str:
        """Where an answer to all readers goes; empty where the list takes none by mail."""
        found = next((each.address for each in self.post if each.address), "")
        return "" if self.takes_no_posts else found

    @property
    def by_page(self) -> Command | None:
        return next((each for each in self.unsubscribe if each.host), None)


def read_mailing_list(fields: Fields) -> MailingList | None:
    """None for a message that came by no list."""
    list_id, name = _id(first(fields, "List-Id"))
    found = {
        each: _commands(first(fields, f"List-{each}"))
        for each in ("Unsubscribe", "Subscribe", "Help", "Archive", "Post", "Owner")
    }
    if not list_id and not any(found.values()):
        return None
    one_click = decode_text(first(fields, "List-Unsubscribe-Post")).replace(" ", "").lower()
    return MailingList(
        name=name,
        list_id=list_id,
        unsubscribe=found["Unsubscribe"],
        subscribe=found["Subscribe"],
        help=found["Help"],
        archive=found["Archive"],
        post=found["Post"],
        owner=found["Owner"],
        takes_no_posts=_NO.match(decode_text(first(fields, "List-Post"))) is not None,
        is_one_click=one_click == "list-unsubscribe=one-click"
        and any(each.url.lower().startswith("https://") for each in found["Unsubscribe"]),
    )


def _id(raw: bytes) -> tuple[str, str]:
    """The identifier and the name; some lists write the identifier bare."""
    text = decode_header_words(raw)
    found = _NAMED.match(text)
    if found is None:
        bare = text.strip()
        return (bare[:255], bare[:255]) if bare and " " not in bare else ("", bare[:120])
    return found["id"], (found["name"] or "").strip(' "')[:120] or found["id"]


def _commands(raw: bytes) -> tuple[Command, ...]:
    """Those that are a page or an address, in the order the list prefers."""
    text = "".join(decode_header_words(raw).split())
    urls = _URL.findall(text) or ([text] if "," not in text else [])
    found = [_command(url) for url in urls[:10]]
    return tuple(each for each in found if each is not None)


def _command(url: str) -> Command | None:
    scheme, separator, rest = url.partition(":")
    if not separator or len(url) > _MAX_URL or not url.isprintable():
        return None
    if scheme.lower() == "mailto":
        return _mail(url, rest)
    if scheme.lower() not in ("http", "https"):
        return None
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    return Command(url=url, host=host) if host else None


def _mail(url: str, rest: str) -> Command | None:
    """RFC 6068: one address; of the fields only those that are text (T93)."""
    address, _, query = rest.partition("?")
    address = unquote(address).partition(",")[0]
    try:
        wire_addr_spec(address)
    except BadAddress:
        return None
    given = {name.lower(): value for name, value in parse_qsl(query.replace("+", "%2B"))}
    subject = _LINE_BREAKS.sub(" ", given.get("subject", ""))[:200]
    return Command(url, "", address, subject, given.get("body", "").replace("\r\n", "\n")[:2000])
