"""A file that a message only names: message/external-body (RFC 2046, 5.2.3; RFC 2017)."""

from webmail.message.bodystructure import Part
from webmail.web.people import clean
from webmail.web.sizes import size_text

MEDIA_TYPE = "message/external-body"
_MOST_CHARS = 200


def where_kept(part: Part) -> str:
    """One line for its card: nothing of it is in the message, and nobody has fetched it."""
    return f"Not in the message: its sender keeps it {_place(part)}; Hearth did not fetch it"


def size_told(part: Part) -> str:
    told = _parameters(part).get("size", "")
    is_size = told.isascii() and told.isdecimal() and len(told) < 16
    return size_text(int(told)) if is_size else "size not told"


def name_told(part: Part) -> str:
    """The name at its place; empty where none is told."""
    path = part.filename or _parameters(part).get("url", "").partition("?")[0]
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _place(part: Part) -> str:
    told = _parameters(part)
    url, site = "".join(told.get("url", "").split()), told.get("site", "")
    if url:
        return f"at {clean(url[:_MOST_CHARS])}"
    if site:
        path = "/".join(filter(None, (site, told.get("directory", ""), part.filename)))
        return f"at {clean(path[:_MOST_CHARS])}"
    if told.get("server"):
        return f"behind the mail address {clean(told['server'][:_MOST_CHARS])}"
    return "on a machine of their own"


def _parameters(part: Part) -> dict[str, str]:
    return {name.lower(): value for name, value in part.parameters}
