"""BODYSTRUCTURE as our Part (RFC 9051, 7.5.2)."""

from collections.abc import Iterable

from webmail.message.bodystructure import Part
from webmail.message.giving_way import give_way
from webmail.message.header import location_from_field, value_and_parameters
from webmail.store.imap_grammar import Tree, number_of, octets_of, text_of

MAX_DEPTH = 50
MAX_PARTS = 1000
_OWN_FIELDS = ("charset", "name", "boundary")


def part_from_bodystructure(tree: Tree) -> Part:
    """The parts as they are numbered for FETCH (RFC 9051, 6.4.5).

    The one inside a message/rfc822 part is its only child: with the section of that part
    when it is multipart, so that its children follow as ``2.1``, else ``2.1`` itself.
    """
    room = [MAX_PARTS]
    if isinstance(tree, tuple) and tree and isinstance(tree[0], tuple):
        return _multipart(tree, "", room, 0)
    return _part(tree, "1", room, 0)


def _part(tree: Tree, section: str, room: list[int], depth: int) -> Part:
    room[0] -= 1
    give_way()
    if not isinstance(tree, tuple) or not tree or depth > MAX_DEPTH or room[0] < 0:
        return Part(section, "application/octet-stream")
    if isinstance(tree[0], tuple):
        return _multipart(tree, section, room, depth)
    return _leaf(tree, section, room, depth)


def _multipart(tree: tuple[Tree, ...], section: str, room: list[int], depth: int) -> Part:
    end = next((i for i, item in enumerate(tree) if not isinstance(item, tuple)), len(tree))
    inside = f"{section}." if section else ""
    children = tuple(
        _part(child, f"{inside}{number}", room, depth + 1)
        for number, child in enumerate(tree[: min(end, MAX_PARTS)], 1)
        if room[0] > 0
    )
    subtype = text_of(tree[end]).lower() if end < len(tree) else "mixed"
    return Part(
        section,
        f"multipart/{subtype or 'mixed'}",
        disposition=_disposition(tree[end + 1 :])[0],
        parameters=_other(_parameters(tree[end + 1] if end + 1 < len(tree) else None)),
        children=children,
    )


def _leaf(tree: tuple[Tree, ...], section: str, room: list[int], depth: int) -> Part:
    fields = tree if len(tree) >= 9 else (*tree, *(None,) * (9 - len(tree)))
    # Without its slash it is no type, and the message is read again (imap_reread).
    media_type = f"{text_of(fields[0])}/{text_of(fields[1])}".lower().strip("/")
    parameters = _parameters(fields[2])
    disposition, named = _disposition(tree[7:])
    return Part(
        section,
        media_type or "application/octet-stream",
        parameters.get("charset", "").lower(),
        text_of(fields[5]).lower() or "7bit",
        disposition,
        named.get("filename") or parameters.get("name", ""),
        text_of(fields[3]).strip().removeprefix("<").removesuffix(">") if fields[3] else "",
        number_of(fields[6]),
        _other(parameters),
        _inside(media_type, fields[8], section, room, depth + 1),
        _location(media_type, tree),
    )


def _location(media_type: str, tree: tuple[Tree, ...]) -> str:
    """The fourth of the extension fields, which follow the fields of the type."""
    before = 10 if media_type == "message/rfc822" else 8 if media_type.startswith("text/") else 7
    field = tree[before + 3] if len(tree) > before + 3 else None
    return location_from_field(octets_of(field)) if isinstance(field, bytes) else ""


def _inside(
    media_type: str, tree: Tree, section: str, room: list[int], depth: int
) -> tuple[Part, ...]:
    """The message in a message/rfc822 part."""
    if media_type != "message/rfc822" or not isinstance(tree, tuple):
        return ()
    if tree and isinstance(tree[0], tuple):
        return (_multipart(tree, section, room, depth),)
    return (_part(tree, f"{section}.1", room, depth),)


def _disposition(extensions: Iterable[Tree]) -> tuple[str, dict[str, str]]:
    """The first of the extension fields that looks like ``("attachment" ("filename" …))``."""
    for field in extensions:
        if not isinstance(field, tuple) or len(field) != 2 or not isinstance(field[0], bytes):
            continue
        if field[1] is None or isinstance(field[1], tuple):
            # RFC 2183, 2.8: an unknown disposition is an attachment.
            word = text_of(field[0]).lower()
            return "inline" if word == "inline" else "attachment", _parameters(field[1])
    return "", {}


def _parameters(pairs: Tree) -> dict[str, str]:
    """Parameters decoded by the rules of the header they came from (RFC 2231, 2047)."""
    if not isinstance(pairs, tuple):
        return {}
    plain: dict[str, str] = {}
    words = iter(pairs)
    for name, value in zip(words, words, strict=False):
        key, octets = octets_of(name), octets_of(value)
        if b"=?" in octets or b"*" in key or not octets.isascii():
            return _encoded_parameters(pairs)
        plain.setdefault(key.decode("utf-8", "replace").lower(), octets.decode("ascii"))
    return plain


def _encoded_parameters(pairs: tuple[Tree, ...]) -> dict[str, str]:
    field = b"x"
    for name, value in zip(pairs[::2], pairs[1::2], strict=False):
        escaped = octets_of(value).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        field += b"; " + octets_of(name) + b'="' + escaped + b'"'
    return value_and_parameters(field)[1]


def _other(parameters: dict[str, str]) -> tuple[tuple[str, str], ...]:
    if not parameters:
        return ()
    return tuple((k, v) for k, v in parameters.items() if k not in _OWN_FIELDS)
