"""What our own mail server found out about the sender: Authentication-Results (RFC 8601).

Anybody can write such a field into a message.  Only those of the server named by its
authserv-id are read, and only where that server can have put them; without one nothing is
known, and that is never the sender's fault.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from webmail.message.charset import decode_text
from webmail.message.domains import registrable_domain
from webmail.message.header import Fields
from webmail.message.homograph import shown_host

_MAX_FIELD_BYTES = 16_384
_MAX_RESULTS = 60
_VALUE = r'"(?:[^"\\]|\\.)*+"|[^\s;"]+'
_HEAD = re.compile(rf"\s*({_VALUE})(?:\s+(\d+))?\s*")
_METHOD = re.compile(r"\s*([a-z][a-z0-9-]*)\s*(?:/\s*(\d+)\s*)?=\s*([a-z][a-z0-9-]*)", re.I)
_PROPERTY = re.compile(rf"([a-z][a-z0-9-]*)\s*\.\s*([a-z0-9_-]+)\s*=\s*({_VALUE})", re.I)
_REASON = re.compile(rf"\breason\s*=\s*({_VALUE})", re.I)
_POLICY = re.compile(r"\bp=(none|quarantine|reject)\b", re.I)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]+)", re.I)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """One resinfo: ``dkim=pass header.d=example.org``.

    ``properties`` are named ``ptype.property``, all in lower case but the values;
    ``comments`` are kept because servers write the policy of a domain there.
    """

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    comments: str = ""
    version: int = 1

    def value(self, name: str) -> str:
        return next((value for key, value in self.properties if key == name), "")


@dataclass(frozen=True, slots=True)
class ServerResults:
    """One field taken apart; ``results`` is empty for ``none``."""

    authserv_id: str
    version: int = 1
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known of the domain in From.  All empty: nothing, which means nothing.

    ``signed_by`` are the domains whose DKIM signatures hold.  ``policy`` is what the domain
    asks for where DMARC fails: ``none``, ``quarantine``, ``reject``, or empty if not told.
    """

    domain: str = ""
    dmarc: str = ""
    policy: str = ""
    spf: str = ""
    spf_domain: str = ""
    dkim: str = ""
    signed_by: tuple[str, ...] = ()
    arc: str = ""
    results: tuple[Result, ...] = field(default=(), repr=False)

    @property
    def is_signed(self) -> bool:
        """Whether the domain in From signed it itself (aligned in the sense of RFC 7489)."""
        return bool(self.domain) and any(_is_same(each, self.domain) for each in self.signed_by)

    @property
    def is_confirmed(self) -> bool:
        is_vouched = self.dmarc == "pass" or self.is_signed
        return bool(self.domain) and self.dmarc != "fail" and is_vouched

    @property
    def has_failed(self) -> bool:
        """The domain in From disowns it, and no forwarder vouches for what came to him."""
        return self.dmarc == "fail"

    @property
    def sentence(self) -> str:
        """One plain line for the details; empty where nothing is known."""
        name = shown_host(self.domain)
        if self.is_confirmed:
            how = "its signature (DKIM)" if self.is_signed else "the server it came from (SPF)"
            agree = ", and its rules agree (DMARC)" if self.dmarc == "pass" else ""
            return f"{name} confirmed by {how}{agree}."
        vouched = " A forwarder vouches for it (ARC)." if self.arc == "pass" else ""
        if self.has_failed:
            return f"Not confirmed: by its own rules {name} did not send this (DMARC).{vouched}"
        found = [*self._failures()]
        return f"Not confirmed: {' and '.join(found)}.{vouched}" if found else vouched.strip()

    def _failures(self) -> Iterator[str]:
        if self.dkim == "fail":
            yield "a signature does not fit (DKIM)"
        if self.spf in ("fail", "softfail") and _is_same(self.spf_domain, self.domain):
            yield f"the server it came from is none of {shown_host(self.domain)} (SPF)"


def authentication_of(fields: Fields, sender_domain: str, authserv_id: str) -> Authentication:
    """What the server ``authserv_id`` says of ``sender_domain``; never raises.

    An empty ``authserv_id`` knows nothing.
    """
    found = trusted_results(fields, authserv_id) if authserv_id and sender_domain else ()
    named = [name.lower() for name, _ in fields]
    if named.count("from") > 1:  # which of them was judged?
        return Authentication(sender_domain)
    dmarc = next((r for r in found if r.method == "dmarc" and _is_about(r, sender_domain)), None)
    spf = next((each for each in found if each.method == "spf"), None)
    dkim = [each for each in found if each.method == "dkim"]
    arc = next((each for each in found if each.method == "arc"), None)
    return Authentication(
        domain=sender_domain,
        dmarc=dmarc.result if dmarc else "",
        policy=_policy(dmarc) if dmarc else "",
        spf=spf.result if spf else "",
        spf_domain=_domain(spf.value("smtp.mailfrom") or spf.value("smtp.helo")) if spf else "",
        dkim=_best(dkim),
        signed_by=tuple(filter(None, (_signer(each) for each in dkim if each.result == "pass"))),
        arc=arc.result if arc else "",
        results=found,
    )


def trusted_results(fields: Fields, authserv_id: str) -> tuple[Result, ...]:
    """The results of the topmost fields of this server, above all that others can have written.

    Fields of one server stand together.  What lies below the next Received, or below one of
    another organisation, came with the message (RFC 8601, section 5).
    """
    found: list[Result] = []
    is_found = False
    for name, value in fields:
        name = name.lower()
        if name == "received" and (is_found or not _is_ours(value, authserv_id)):
            break
        if name != "authentication-results":
            continue
        parsed = parse_results(value)
        if parsed is not None and parsed.authserv_id.lower() == authserv_id.lower():
            found, is_found = [*found, *parsed.results], True
    return tuple(found[:_MAX_RESULTS])


def find_authserv_id(fields: Fields, organisation: str) -> str:
    """The authserv-id of a mailbox's own organisation, where its administrator has named none.

    Only of a field above every Received: nobody outside can write there, since the first
    server of ours to take a message puts its Received on top.  Empty without one.
    """
    for name, value in fields if "." in organisation else []:
        if name.lower() == "received":
            break
        parsed = parse_results(value) if name.lower() == "authentication-results" else None
        if parsed is not None and registrable_domain(parsed.authserv_id) == organisation:
            return parsed.authserv_id
    return ""


def _is_ours(received: bytes, authserv_id: str) -> bool:
    """Whether a Received was added inside the organisation; hops without a name are."""
    match = _BY.search(decode_text(received[:2048]))
    by = match[1].strip("[]") if match else ""
    is_named = "." in by and not re.fullmatch(r"[\d.]+", by)
    return not is_named or registrable_domain(by) == registrable_domain(authserv_id)


def _is_about(dmarc: Result, domain: str) -> bool:
    judged = dmarc.value("header.from")
    return not judged or _is_same(_domain(judged), domain)


def _is_same(one: str, other: str) -> bool:
    return bool(one) and registrable_domain(one) == registrable_domain(other)


def _domain(value: str) -> str:
    return value.rpartition("@")[2].strip("<>. ").lower()


def _signer(dkim: Result) -> str:
    return _domain(dkim.value("header.d") or dkim.value("header.i") or dkim.value("header.from"))


def _best(results: list[Result]) -> str:
    said = [each.result for each in results]
    return next((one for one in ("pass", "fail", "permerror", "temperror") if one in said), "")


def _policy(dmarc: Result) -> str:
    named = dmarc.value("policy.dmarc") or dmarc.value("policy.published-domain-policy")
    match = _POLICY.search(dmarc.comments)
    told = named or (match[1] if match else "")
    return told.lower() if told.lower() in {"none", "quarantine", "reject"} else ""


# -- the grammar -----------------------------------------------------------------------------


def parse_results(value: bytes) -> ServerResults | None:
    """A field's value taken apart (RFC 8601, section 2.2); None where it has no authserv-id.

    A resinfo that cannot be read is left out, the others count.
    """
    segments = list(_segments(decode_text(value[:_MAX_FIELD_BYTES])))
    head = _HEAD.match(segments[0][0]) if segments else None
    if head is None or head[1].startswith("="):
        return None
    authserv_id, version = _unquoted(head[1]), head[2] or "1"
    rest = segments[0][0][head.end() :]
    if rest.strip() or (version.isdecimal() and int(version[:9]) != 1):
        # Version 1 is all there is; another one may mean anything (section 2.5).
        return ServerResults(authserv_id, int(version[:9]))
    results = (_result(text, comments) for text, comments in segments[1:])
    return ServerResults(authserv_id, 1, tuple(r for r in results if r is not None)[:_MAX_RESULTS])


def _result(text: str, comments: str) -> Result | None:
    match = _METHOD.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    reason = _REASON.search(_PROPERTY.sub(" ", rest))
    properties = (
        (f"{kind}.{name}".lower(), _unquoted(value))
        for kind, name, value in _PROPERTY.findall(rest)
    )
    return Result(
        method=match[1].lower(),
        result=match[3].lower(),
        reason=_unquoted(reason[1]) if reason else "",
        properties=tuple(properties)[:_MAX_RESULTS],
        comments=comments,
        version=int((match[2] or "1")[:9]),
    )


def _segments(text: str) -> Iterator[tuple[str, str]]:
    """What stands between semicolons, comments apart; quoted strings hold neither."""
    kept: list[str] = []
    comments: list[str] = []
    depth, in_quotes, is_escaped = 0, False, False
    for character in text:
        if character == ";" and not depth and not in_quotes:
            yield "".join(kept), "".join(comments)
            kept, comments = [], []
            continue
        if not is_escaped and not in_quotes and character in "()":
            depth = max(depth + (1 if character == "(" else -1), 0)
            kept.append(" ")
            comments.append(" ")
            continue
        if character == '"' and not is_escaped and not depth:
            in_quotes = not in_quotes
        (comments if depth else kept).append(character)
        is_escaped = character == "\\" and not is_escaped and (in_quotes or depth > 0)
    yield "".join(kept), "".join(comments)


def _unquoted(value: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", value[1:-1]) if value.startswith('"') else value
