"""The short form of `make chaos`, and that its count would notice."""

import random
import tempfile
from pathlib import Path

import pytest

from tests.chaos.count import count
from tests.chaos.letters import write
from tests.chaos.run import ADA, run
from tests.lab import start as start_lab
from tests.lab.database import start_postgres
from tests.lab.place import remove_mail
from tests.lab.smtp_sink import Taken

USERS = {ADA: "ada-secret", "ben@hearth.test": "ben-secret", "chiyo@hearth.test": "chiyo-secret"}


@pytest.fixture
def own_lab():
    """Nobody else's: its Dovecot is killed."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-chaos-"))
    folder.chmod(0o755)
    lab = start_lab(folder, USERS)
    yield lab
    lab.stop()
    remove_mail(folder)


@pytest.fixture
def database_url(kind):
    if kind == "sqlite":
        yield ""
        return
    server = start_postgres()
    yield server.url
    server.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "sends"), [("sqlite", 100), ("postgres", 40)])
def test_nothing_is_lost_doubled_altered_or_silent(kind, sends, own_lab, database_url):
    found = run(own_lab.folder / "house", own_lab, database_url, sends=sends, seed=sends)
    unclear = len(found.unclear)
    assert str(found) == f"sent {sends} lost 0 doubled 0 altered 0 silent 0 unclear {unclear}"
    assert found.unfiled == ()


def taken(letter, content=None):
    whole = (
        f"To: {', '.join(letter.to)}\r\nSubject: {letter.subject}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + letter.text.encode().replace(b"\n", b"\r\n")
    return Taken(content or whole, ADA, (*letter.to, *letter.bcc), ADA, "", 0.0)


@pytest.fixture
def letter():
    chance, addresses = random.Random(3), ["ben@hearth.test", "eve@elsewhere.test", ADA]
    while (found := write(chance, addresses)).file:
        pass
    return found


def test_the_count_notices(letter):
    promised, one = {letter.token: letter}, taken(letter)
    copy = [one.content]
    unclear = f'<li class="outgoing">{letter.subject} may or may not have taken</li>'
    assert count(promised, [one], copy, "").is_good
    assert count(promised, [], [], unclear).is_good
    assert count(promised, [one, one], copy, "").doubled
    assert count(promised, [], [], "").lost
    assert count(promised, [], copy, "").lost
    assert count(promised, [one], [], "").silent
    assert count(promised, [one], copy, unclear).silent
    assert count(promised, [one], copy * 2, "").unfiled
    assert count(promised, [taken(letter, one.content + b"more\r\n")], copy, "").altered
    assert count(promised, [taken(letter, one.content.replace(b"\r\n", b"\n"))], copy, "").altered
    secret = taken(letter, b"Bcc: eve@elsewhere.test\r\n" + one.content)
    assert count(promised, [secret], copy, "").altered
    assert count({}, [one], [], "").altered
