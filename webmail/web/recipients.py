"""Recipients as they are typed: text in a field, addresses or a sentence about the wrong one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address, format_address, parse_address_list

FIELDS = ("to", "cc", "bcc")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"@?|\([^()]*\)')
_WORD_WITH_AT = re.compile(r"[^\s<>,;:]+@[^\s<>,;:]+")


@dataclass(frozen=True, slots=True)
class Recipients:
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.to or self.cc or self.bcc)

    @property
    def addr_specs(self) -> list[str]:
        """Of everybody, in lower case, each once."""
        everybody = (*self.to, *self.cc, *self.bcc)
        return list(dict.fromkeys(address.addr_spec.lower() for address in everybody))


def read_recipients(typed: Mapping[str, str]) -> tuple[Recipients, dict[str, str]]:
    """The addresses that can be used, and for each field with a wrong one what is wrong."""
    errors: dict[str, str] = {}
    found: dict[str, tuple[Address, ...]] = {}
    for field in FIELDS:
        found[field], error = _read_field(typed.get(field, ""))
        if error:
            errors[field] = error
    return Recipients(**found), errors


def typed_addresses(addresses: tuple[Address, ...]) -> str:
    """Addresses as somebody would type them into a field."""
    return ", ".join(format_address(address) for address in addresses)


def fields_from_link(query: Mapping[str, str]) -> dict[str, str]:
    """What a link may fill in: to, cc, bcc, subject and body, never a file (T93).

    ``to`` may be a whole ``mailto:`` URL (RFC 6068), as browsers hand it over; ``url`` is what
    a device's share menu shares, beside or instead of a text.
    """
    given = {name: query.get(name, "") for name in ("to", "cc", "bcc", "subject", "body")}
    if given["to"].lower().startswith("mailto:"):
        given |= _from_mailto(given["to"])
    given["subject"] = " ".join(given["subject"].split())
    shared = query.get("url", "").strip()
    if shared and shared not in given["body"]:
        given["body"] = f"{given['body']}\n{shared}".strip()
    given["text"] = given.pop("body").replace("\r\n", "\n")
    return {name: value for name, value in given.items() if value}


def _read_field(text: str) -> tuple[tuple[Address, ...], str]:
    good: list[Address] = []
    error = ""
    text = ", ".join(text.splitlines())
    for address in parse_address_list(text):
        try:
            wire_addr_spec(address.addr_spec)
        except BadAddress as problem:
            error = error or sentence_for(address, problem)
        else:
            good.append(address)
    return tuple(good), error or _overlooked(text, good)


def _overlooked(text: str, found: Iterable[Address]) -> str:
    """Addresses with no comma between them are read as one: nobody may be left out unsaid."""
    known = {address.addr_spec.lower() for address in found}
    for word in _WORD_WITH_AT.findall(_QUOTED.sub("", text)):
        if word.lower() not in known:
            return f"“{word}” would be left out: put a comma between the addresses."
    return ""


def sentence_for(address: Address, problem: BadAddress) -> str:
    if not address.addr_spec:
        return f"“{address.name}” has no mail address."
    return str(problem)


def _from_mailto(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    given: dict[str, str] = {"to": unquote(parts.path)}
    # A plus is a plus in mailto (RFC 6068, section 5).
    for name, value in parse_qsl(parts.query.replace("+", "%2B")):
        name = name.lower()
        if name in ("to", "cc", "bcc") and given.get(name):
            given[name] += f", {value}"
        elif name in ("to", "cc", "bcc", "subject", "body"):
            given[name] = value
    return given
