"""Real and hostile mail of the shared corpus; nothing is tested where it is absent."""

import hashlib
import json
import re
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.body import MessageBody, choose_parts, part_text
from webmail.message.bodystructure import decode_part
from webmail.message.header import split_fields
from webmail.message.parse import ParsedMessage
from webmail.message.words import decode_header_words

FOLDERS = ("messages", "arf", "dsn", "mdn", "pgp", "smime", "tnef", "ics")
MESSAGES = [path for folder in FOLDERS for path in sorted(SHARED_CORPUS.glob(f"{folder}/*.eml"))]
REPORTS = (
    "message/delivery-status",
    "message/feedback-report",
    "message/disposition-notification",
)
EXPECTED = sorted(SHARED_CORPUS.glob("expected/*.json"))

UTF7 = "UTF-7 is refused (T40)"
LYING = "the label lies: the octets are valid UTF-8"
UUENCODE = "the fact has the octets before decoding; ours are decoded as the field says"
NO_TYPE = "RFC 2049, 2 (6): what is no media type is named application/octet-stream"
WRITTEN_TYPE = "the fact merges two parts of one content; each keeps the type it has"
QUOTE_CUT = "the fact has lost a quotation mark that is part of the name"
# Where our reading differs from the two parsers that agree, and why ours stands.
DIFFERENT = {
    ("alternative-16", "attachments"): "RFC 2045, 5.2: `text` alone means text/plain",
    ("alternative-16", "text"): "RFC 2045, 5.2: `text` alone means text/plain",
    ("alternative-18", "text"): "RFC 5322, 2.1: the header ends at the empty line, not before",
    ("alternative-80", "attachments"): NO_TYPE,
    ("attachment-01", "text"): "RFC 2046, 5.1.1: a delimiter may be followed by blanks",
    ("attachment-07", "attachments"): NO_TYPE,
    ("attachment-100", "attachments"): "RFC 2045, 5.2: a message of no known type is text",
    ("charset-iso-2022-jp-16", "to_names"): "RFC 5322, A.5: the comment names the person",
    ("charset-utf-7-01", "subject"): UTF7,
    ("charset-utf-7-01", "text"): UTF7,
    ("charset-utf-7-01", "to_names"): UTF7,
    ("charset-utf-7-02", "text"): UTF7,
    ("charset-utf-7-03", "subject"): UTF7,
    ("charset-utf-7-03", "text"): UTF7,
    ("charset-utf-7-03", "to_names"): UTF7,
    ("charset-windows-1251-05", "text"): LYING,
    ("encodedword-10", "from_names"): QUOTE_CUT,
    ("flowed-11", "attachments"): "RFC 2045, 5.2: `text` alone means text/plain",
    ("flowed-11", "text"): "RFC 2045, 5.2: `text` alone means text/plain",
    ("ics-11", "attachments"): WRITTEN_TYPE,
    ("ics-11", "html"): "RFC 2387, 3.2: only the root of a related is shown",
    ("ics-13", "attachments"): WRITTEN_TYPE,
    ("ics-14", "attachments"): WRITTEN_TYPE,
    ("malformed-33", "text"): "RFC 2046, 5.1.2: the outer delimiter ends the inner multipart",
    ("malformed-39", "text"): "RFC 5322, 2.1: the header ends at the empty line, not before",
    ("multipart-07", "text"): "RFC 2183, 2.1: inline, so it is shown",
    ("nested-12", "attachments"): NO_TYPE,
    ("plain-168", "cc_names"): QUOTE_CUT,
    ("plain-71", "text"): "the header ends at the line of blanks, and the encoding is undone",
    ("plain-76", "text"): LYING,
    ("plain-79", "attachments"): NO_TYPE,
    ("plain-89", "cc_names"): QUOTE_CUT,
    ("rawheader-8bit-09", "attachments"): UUENCODE,
    ("rawheader-8bit-11", "attachments"): UUENCODE,
    ("rawheader-8bit-31", "text"): "WHATWG: iso-8859-1 means windows-1252",
    ("rawheader-8bit-39", "attachments"): UUENCODE,
    ("torture-06", "attachments"): "the encoding is base64, a blank after it or not",
    ("torture-21", "text"): "RFC 2046, 5.1.1: a boundary cannot end in a blank",
    ("torture-26", "text"): "RFC 2046, 5.1.1: a boundary cannot end in a blank",
    ("torture-69", "text"): "RFC 2046, 5.1.1: a boundary cannot end in a blank",
    ("uuencode-05", "attachments"): "RFC 2045, 5.2: a message of no known type is text",
    ("uuencode-08", "attachments"): UUENCODE,
}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_every_message_opens_in_time(path: Path) -> None:
    started = time.process_time()
    message, body = read(path.read_bytes())
    assert time.process_time() - started < 3
    leaves = [part for part in message.structure.walk() if not part.is_multipart]
    is_empty = not any(message.part_bytes(part.section).strip() for part in leaves)
    assert is_empty or body.text or body.html is not None or body.attachments or body.text_html


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_the_facts_that_parsers_agree_on_hold(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    ours = _facts(*read((SHARED_CORPUS / record["file"]).read_bytes()))
    wrong = {n for n, fact in record["facts"].items() if not _agrees(n, fact, ours[n])}
    assert wrong == {fact for message, fact in DIFFERENT if message == record["id"]}


def _facts(message: ParsedMessage, body: MessageBody) -> dict[str, Any]:
    envelope, shown = message.envelope, choose_parts(message.structure)

    def content(part: Any) -> bytes:
        return decode_part(message.part_bytes(part.section), part.encoding)

    def source(parts: Any, *, html: bool) -> str:
        chosen = (part for part in parts if (part.media_type == "text/html") == html)
        return "\n".join(part_text(part, message.part_bytes(part.section)) for part in chosen)

    files = [(part, content(part)) for part in (*body.attachments, *body.embedded)]
    facts: dict[str, Any] = {
        "subject": envelope.subject,
        "message_id": envelope.message_id.strip("<>"),
        "date": envelope.date and int(envelope.date.timestamp()),
        "text": source(shown.text, html=False),
        "html": source(shown.html, html=True),
        "attachments": [
            {
                "filename": part.filename,
                "content_type": part.media_type,
                "size": len(octets),
                "sha256": hashlib.sha256(octets).hexdigest(),
            }
            for part, octets in files
        ],
        "attachment_count": sum(bool(octets) for _, octets in files),
        "report": _report(message),
    }
    for field, addresses in (("from", envelope.from_), ("to", envelope.to), ("cc", envelope.cc)):
        # The facts leave out what has no domain; we show it.
        whole = [address for address in addresses if "@" in address.addr_spec]
        facts[field] = [address.addr_spec.lower() for address in whole]
        facts[f"{field}_names"] = [address.name for address in whole]
    return facts


def _report(message: ParsedMessage) -> dict[str, list[str]]:
    """The fields of the machine-readable parts of a report, by their lower-case names."""
    found: dict[str, list[str]] = {}
    for part in message.structure.walk():
        if part.media_type not in REPORTS:
            continue
        octets = decode_part(message.part_bytes(part.section), part.encoding)
        for group in re.split(rb"(?:\r\n|\r|\n){2,}", octets.strip()):
            for name, value in split_fields(group):
                found.setdefault(name.lower(), []).append(decode_header_words(value))
    return found


def _agrees(name: str, fact: Any, ours: Any) -> bool:
    if name in ("text", "html"):
        folded = _folded(ours)
        digest = hashlib.sha256(folded.encode()).hexdigest()
        return (fact["length"], fact["sha256"]) == (len(folded), digest)
    if name == "attachments":
        # A fact names only those the parsers agree on, and only in what they agree.
        return all(any(_is_same_file(want, have) for have in ours) for want in fact)
    if name == "report":
        return all(
            [_folded(value) for value in values] == [_folded(value) for value in ours.get(key, [])]
            for key, values in fact.items()
        )
    if name == "subject":
        return _folded(fact) == _folded(ours)
    if name.endswith("_names"):
        return [_folded(want or "") for want in fact] == [_folded(have) for have in ours]
    return bool(fact == ours)


def _is_same_file(want: dict[str, Any], have: dict[str, Any]) -> bool:
    return all(have[key] == value for key, value in want.items() if value is not None)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
