"""Two parsers that share no code with ours: Python's own, and Perl's MIME::Parser."""

import hashlib
import json
import subprocess
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from pathlib import Path

from start.packages import MIME_PARSER
from start.unpack import unpack

_SCRIPT = Path(__file__).with_name("read_messages.pl")
# The content of an attached message as it came: nothing folded anew.
_AS_IT_CAME = policy.compat32.clone(linesep="\r\n", max_line_length=None)


def read_by_python(raw):
    """Recipients, subject, texts and files of a message, as read_messages.pl gives them."""
    message = message_from_bytes(raw, policy=policy.default)
    found = {"subject": message["Subject"] or "", "texts": [], "files": []}
    fields = message_from_bytes(raw, policy=policy.compat32)
    for name in ("From", "To", "Cc"):
        found[name] = _people([value for key, value in fields.raw_items() if key == name])
    for name in ("Message-ID", "In-Reply-To", "References"):
        found[name] = str(message[name] or "")
    for part in _leaves(message):
        _take_part(found, part)
    return found


def _people(fields):
    """By the older policy: the newer one of Python 3.11 puts a space into a name of two words
    of RFC 2047, and both leave octets of UTF-8 as they are."""
    listed = getaddresses([_utf8(field) for field in fields])
    return [[str(make_header(decode_header(name))), spec] for name, spec in listed]


def _utf8(text):
    return text.encode("ascii", "surrogateescape").decode().replace("\r\n", "")


def _leaves(part):
    if part.get_content_maintype() != "multipart":
        return [part]
    return [leaf for child in part.iter_parts() for leaf in _leaves(child)]


def _take_part(found, part):
    name, kind = part.get_filename(), part.get_content_type()
    identifier = (part["Content-ID"] or "").strip("<> ")
    if kind in ("text/plain", "text/html") and name is None and not identifier:
        found["texts"].append([kind, part.get_content().replace("\r\n", "\n")])
        return
    digest = hashlib.sha256(_content(part)).hexdigest()
    found["files"].append([name or "", kind, digest, identifier])


def _content(part):
    if part.get_content_type() == "message/rfc822":
        return part.get_payload(0).as_bytes(policy=_AS_IT_CAME)
    return part.get_payload(decode=True)


def read_by_perl(paths):
    """The same of each of these files."""
    unpacked = unpack(MIME_PARSER)
    folders = [unpacked / "usr/share/perl5", *unpacked.glob("usr/lib/*/perl5/*")]
    command = ["perl", *(f"-I{folder}" for folder in folders), _SCRIPT, *paths]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def unflowed(text):
    """The text of format=flowed as its writer saw it (RFC 3676, section 4.2)."""
    lines, is_open = [], False
    for line in text.removesuffix("\n").split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        if is_open and lines[-1][0] == depth and rest != "-- ":
            lines[-1][1] += rest
        else:
            lines.append([depth, rest])
        is_open = rest.endswith(" ") and rest != "-- "
    return [(depth, words.rstrip(" ")) for depth, words in lines]
