"""Aggregate reports of DMARC (RFC 7489, appendix C): who sent mail in a domain's name."""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from webmail.message.bodystructure import Part

MAX_PACKED_BYTES = 1_000_000
MAX_XML_BYTES = 10_000_000
MAX_ROWS = 1000
_MAX_TEXT = 200

_NAME = re.compile(r"[^!\s]+![^!\s]+!\d+!\d+(?:![^!\s]*)?\.(?:xml|zip|gz|xml\.gz)", re.IGNORECASE)
_TYPES = frozenset(
    (
        *("application/gzip", "application/x-gzip", "application/zip", "application/octet-stream"),
        *("application/x-zip-compressed", "application/xml", "text/xml"),
    )
)
_SUBJECT = re.compile(r"report domain:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Mail from one machine.  ``dkim`` and ``spf`` say whether they speak for the domain."""

    address: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    header_from: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    organisation: str
    domain: str
    policy: str
    begin: datetime | None
    end: datetime | None
    sources: tuple[Source, ...]

    @property
    def total(self) -> int:
        return sum(each.count for each in self.sources)

    @property
    def passed(self) -> int:
        return sum(each.count for each in self.sources if each.dkim or each.spf)


def find_report(subject: str, parts: tuple[Part, ...]) -> Part | None:
    """The file of a message that looks like such a report; nothing is fetched to tell."""
    for part in parts:
        if part.media_type in _TYPES and part.size_bytes <= 2 * MAX_PACKED_BYTES:
            has_suffix = part.filename.lower().endswith((".xml", ".zip", ".gz"))
            if _NAME.fullmatch(part.filename.strip()) or (_SUBJECT.search(subject) and has_suffix):
                return part
    return None


def read_aggregate(octets: bytes) -> Aggregate | None:
    """Of a file as attached: XML, or packed by gzip or zip.  None for anything else."""
    xml = unpack(octets[:MAX_PACKED_BYTES])
    if b"<feedback" not in xml[:4000]:
        return None
    try:
        # No entity, no DTD: neither a bomb nor a file of ours gets in (T34).
        root = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    return Aggregate(
        organisation=_text(root, "report_metadata/org_name"),
        domain=_text(root, "policy_published/domain"),
        policy=_text(root, "policy_published/p").lower(),
        begin=_time(root, "report_metadata/date_range/begin"),
        end=_time(root, "report_metadata/date_range/end"),
        sources=tuple(_source(each) for each in root.findall("record")[:MAX_ROWS]),
    )


def unpack(octets: bytes) -> bytes:
    """At most ten megabytes of what is inside; empty for what is damaged or larger."""
    try:
        if octets.startswith(b"\x1f\x8b"):
            return _whole(zlib.decompressobj(zlib.MAX_WBITS | 16), octets)
        if octets.startswith(b"PK"):
            return _first_file(octets)
    except (zlib.error, zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return b""
    return octets if len(octets) <= MAX_XML_BYTES else b""


def _whole(packed: "zlib._Decompress", octets: bytes) -> bytes:
    content = packed.decompress(octets, MAX_XML_BYTES + 1)
    return content if len(content) <= MAX_XML_BYTES else b""


def _first_file(octets: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(octets)) as packed:
        names = [each for each in packed.namelist()[:20] if each.lower().endswith(".xml")]
        if not names:
            return b""
        with packed.open(names[0]) as file:
            content = file.read(MAX_XML_BYTES + 1)
    return content if len(content) <= MAX_XML_BYTES else b""


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())[:_MAX_TEXT]


def _time(element: Element, path: str) -> datetime | None:
    text = _text(element, path)
    if not re.fullmatch(r"\d{1,11}", text):
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _source(record: Element) -> Source:
    count = _text(record, "row/count")
    evaluated = "row/policy_evaluated"
    return Source(
        address=_text(record, "row/source_ip"),
        count=int(count) if re.fullmatch(r"\d{1,12}", count) else 0,
        disposition=_text(record, f"{evaluated}/disposition").lower(),
        dkim=_text(record, f"{evaluated}/dkim").lower() == "pass",
        spf=_text(record, f"{evaluated}/spf").lower() == "pass",
        header_from=_text(record, "identifiers/header_from"),
    )
