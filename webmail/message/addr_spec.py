"""The spelling of a mail address that may stand in a message and in an SMTP command."""

import re
import unicodedata


class BadAddress(ValueError):
    """Text that is no mail address; the sentence names it."""


MAX_OCTETS = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]+")
_DOT_ATOM = re.compile(r"[^.]+(?:\.[^.]+)*")
_QUOTED = re.compile(r'"[ !#-?A-\[\]-~]+"')
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_LITERAL = re.compile(r"\[(?:[0-9.]{7,15}|IPv6:[0-9a-f:.]{2,45})\]", re.IGNORECASE)
# Nothing unseen and no white space: controls, format characters, surrogates, separators.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp"})


def wire_addr_spec(addr_spec: str) -> str:
    """The address as it is sent: a dot-atom or quoted local part, the domain in A-labels.

    The local part keeps its characters, so the answer is ASCII unless that part is not
    (RFC 6531).  Raises BadAddress with a sentence for the one who typed it.
    """
    if addr_spec.count("@") != 1:
        raise BadAddress(_sentence(addr_spec, "it needs exactly one @"))
    local, domain = addr_spec.split("@")
    wire = f"{_wire_local(addr_spec, local)}@{_wire_domain(addr_spec, domain)}"
    if len(wire.encode()) > MAX_OCTETS:
        raise BadAddress(_sentence(addr_spec, f"it is longer than {MAX_OCTETS} characters"))
    return wire


def compared(addr_spec: str) -> str:
    """The address in the one spelling that keys and certificates are looked up by.

    In lower case, its domain in A-labels; text that is no address stays as it is.
    """
    try:
        return wire_addr_spec(addr_spec.strip()).lower()
    except BadAddress:
        return addr_spec.strip().lower()


def wire_domain(domain: str) -> str:
    """A domain in lower-case A-labels (RFC 5891); raises BadAddress."""
    return _wire_domain(domain, domain)


def _wire_local(addr_spec: str, local: str) -> str:
    if _QUOTED.fullmatch(local):
        return local
    if not _LOCAL.fullmatch(local) or not _is_visible(local):
        raise BadAddress(_sentence(addr_spec, "the part before the @ cannot be right"))
    # Some telephone companies gave out "a..b." for years: legal only between quotes.
    return local if _DOT_ATOM.fullmatch(local) else f'"{local}"'


def _wire_domain(addr_spec: str, domain: str) -> str:
    if _LITERAL.fullmatch(domain):
        return domain
    labels = [_a_label(label) for label in _normal_domain(domain).split(".")]
    if len(".".join(labels)) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress(_sentence(addr_spec, "the part after the @ is no domain"))
    return ".".join(labels)


def _normal_domain(domain: str) -> str:
    return domain if domain.isascii() else unicodedata.normalize("NFKC", domain).replace("。", ".")


def _a_label(label: str) -> str:
    """IDNA without the 2003 mappings, which send mail for ``straße`` to ``strasse``."""
    if label.isascii():
        return label.lower()
    if not _is_visible(label):
        return ""
    return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode()


def _is_visible(text: str) -> bool:
    return text.isascii() or not any(unicodedata.category(c) in _REFUSED for c in text)


def _sentence(addr_spec: str, why: str) -> str:
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in addr_spec[:80])
    return f"“{shown}” is not a mail address: {why}."
