"""False alarms on honest mail: our own and, where it is there, that of the shared corpus."""

import json
import time

import pytest

from tests.message.reading import FIXTURES, SHARED_CORPUS, read
from webmail.message.address import Address
from webmail.message.circle import Acquaintance, Circle, circle_of
from webmail.message.deception import Letter, judge
from webmail.message.evidence import Level
from webmail.message.header import split_fields
from webmail.message.sanitize import sanitize_for_reading

LOUD = (Level.CAUTION, Level.DANGER)
FOLDERS = ("messages", "dsn", "mdn", "arf")
MESSAGES = [path for folder in FOLDERS for path in sorted(SHARED_CORPUS.glob(f"{folder}/*.eml"))]
OWN = [path for path in sorted(FIXTURES.glob("*.eml")) if path.stem != "mailsploit"]
PEOPLE = (
    Acquaintance("Jonas Okafor", "jonas@hearth.example", written=12, heard=30),
    Acquaintance("Ingrid Lindgren", "ingrid.lindgren@gmail.com", written=4, heard=9),
    Acquaintance("John Smith", "john.smith@smith-consulting.com", written=2, heard=5),
    Acquaintance("City Library", "loans@library.org", heard=12),
    Acquaintance("Nordic Bank", "info@nordicbank.se", heard=20),
    Acquaintance("Amazon.de", "versand@amazon.de", heard=20),
    Acquaintance("PayPal", "service@paypal.de", heard=9),
    Acquaintance("Bob", "bob@yahoo.com", written=1, heard=2),
)
CIRCLES = {"empty": Circle(), "known": circle_of(PEOPLE, ["mara@hearth.example"])}
# Written as attacks by their source: a link says one host and leads to another.
ATTACKS = {"phishing1.eml", "phishing2.eml", "phishing_query_nested_fire.eml"}
ATTACKS |= {"phishing_query_overcap.eml", "phishing_query_safe.eml", "spoof1"}


def expected_of(path):
    found = SHARED_CORPUS / "expected" / f"{path.stem}.json"
    return json.loads(found.read_text("utf-8")) if found.exists() else {}


def is_attack(path):
    source = expected_of(path).get("source", {}).get("path", "")
    return source.rpartition("/")[2] in ATTACKS


AMONG_THEM = [path for path in MESSAGES if is_attack(path)]


def letter_of(path):
    raw = path.read_bytes()
    message, body = read(raw)
    envelope = message.envelope
    return Letter(
        sender=(envelope.from_ or envelope.sender or (Address("", ""),))[0],
        reply_to=envelope.reply_to,
        subject=envelope.subject,
        fields=split_fields(raw),
        text=body.text,
        html=body.html or "",
        attachments=body.attachments,
    )


@pytest.mark.parametrize("circle", CIRCLES)
def test_at_most_one_in_a_hundred_honest_messages_raises_a_voice(circle):
    honest = [
        path
        for path in [*OWN, *MESSAGES]
        if not is_attack(path) and expected_of(path).get("topic") != "spam"
    ]
    loud = [path.stem for path in honest if judge(letter_of(path), CIRCLES[circle]).level in LOUD]
    assert len(loud) <= len(honest) // 100, loud


def test_newsletters_raise_no_voice():
    for path in [FIXTURES / "newsletter.html", *sorted(SHARED_CORPUS.glob("html/*.html"))]:
        source = path.read_text("utf-8", "replace")
        html, _ = sanitize_for_reading(source, cid_url=lambda _: None)
        shop = Letter(Address("Shop", "news@shop.example"), html=html)
        assert judge(shop, CIRCLES["known"]).level not in LOUD, path.name


@pytest.mark.parametrize("path", AMONG_THEM, ids=lambda path: path.stem)
def test_the_attacks_among_them_are_told(path):
    assert judge(letter_of(path), CIRCLES["empty"]).level in LOUD


def test_judging_takes_no_time():
    letters = [letter_of(path) for path in [*OWN, *MESSAGES[:300]]]
    for each in letters[:1]:
        judge(each, CIRCLES["known"])  # the tables are read once
    started = time.process_time()
    for each in letters:
        judge(each, CIRCLES["known"])
    assert time.process_time() - started <= len(letters) * 0.02
