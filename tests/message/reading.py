"""A message from its octets to what is shown, as the screens do it."""

from pathlib import Path

from webmail.message.body import MessageBody, read_body
from webmail.message.parse import ParsedMessage, parse_message

FIXTURES = Path(__file__).parents[1] / "corpus"
SHARED_CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def read(raw: bytes) -> tuple[ParsedMessage, MessageBody]:
    message = parse_message(raw)
    body = read_body(
        message.structure,
        lambda part: message.part_bytes(part.section),
        cid_url=lambda part: f"/part/{part.section}/",
    )
    return message, body


def read_fixture(name: str) -> tuple[ParsedMessage, MessageBody]:
    return read((FIXTURES / name).read_bytes())
