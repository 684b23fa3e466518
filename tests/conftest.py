"""Servers for tests: each starts when a test first asks for it, once in a test process.

A server that is not installed is a failure that names its package, never a skip.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from start.child import StartError
from tests.hearth import at_work, hearth, watcher, words_of_worker  # noqa: F401  (fixtures)
from tests.lab import Lab
from tests.lab import start as start_lab
from tests.lab.courier import Courier, start_courier
from tests.lab.cyrus import Cyrus, start_cyrus
from tests.lab.database import start_postgres, start_redis
from tests.lab.dovecot import Dovecot
from tests.lab.fronts import Fronts
from tests.lab.issuer import Issuer, start_issuer
from tests.lab.mailutils import Mailutils, start_mailutils
from tests.lab.place import remove_mail
from tests.lab.pymap import Pymap, start_pymap
from tests.message.reading import SHARED_CORPUS

# Plain asserts in the contract explain themselves too, whoever imports it first.
pytest.register_assert_rewrite("tests.store.contract", "tests.store.contract_changes")

# A machine with other work is no fault of what is tried: speed is measured in bench/.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

USERS = {
    "ada@hearth.test": "ada-secret",
    "ben@hearth.test": "ben-secret",
    "chiyo@hearth.test": "chiyo-secret",
}

# Seconds each, or thousands of them: `make check` leaves them out, `make test` does not.
SLOW = {
    *("browser", "chaos", "faults", "interop", "lab", "push", "start"),
    "test_certificates_on_servers.py",
    *("test_on_dovecot.py", "test_writing_on_servers.py", "test_imap_watch.py", "test_deflate.py"),
    *("test_costs.py", "test_deception_corpus.py", "test_sanitize_documents.py"),
    *("test_url_matrix.py", "test_odd_requests.py", "test_hostile_files.py"),
    "test_part_download.py",
    *("test_on_postgres.py", "test_certificate_reading.py", "test_certificates.py"),
    *("test_certificate_encrypting.py", "test_signature_card.py", "test_identity_servers.py"),
    *("test_identity_lists.py", "test_viewer.py", "test_consent.py", "test_outcomes.py"),
    *("test_suggestions.py", "test_recipient_marks.py", "test_published_holes.py"),
    *("test_fault_rows.py", "test_senders.py", "test_signatures.py", "test_repeat.py"),
    *("test_conversation.py", "TestPymap"),
    *("test_injection.py", "test_grammar.py", "test_shared_corpus.py", "test_corpus.py"),
    *("test_plain_paths.py", "test_wire_fuzz.py", "test_certificate_answering.py"),
    "test_no_draft_makes_a_field_a_line_or_a_recipient_of_its_own",
    "test_a_bomb_comes_to_an_end",
    *(
        "test_seed.py",
        "test_docker.py",
        "test_bombs.py",
        "test_hostile_words.py",
        "test_restart.py",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what SLOW names: folders, files, classes, tests; one list says which they are.

    Tests that may use a database may use the index's too.  Without the shared corpus the tests
    of each of its files are none; pytest would call each of these empty lists a skipped test.
    """
    if not SHARED_CORPUS.exists():
        items[:] = [each for each in items if not _has_no_files(each)]
    for item in items:
        for marker in item.iter_markers("django_db"):
            marker.kwargs.setdefault("databases", "__all__")
        if item.get_closest_marker("django_db") is None and "db" in item.fixturenames:
            item.add_marker(pytest.mark.django_db(databases="__all__"))
        names = (getattr(item.cls, "__name__", ""), item.function.__name__)
        if SLOW.intersection((*item.path.parts, *names)):
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Beside a test that failed: what its Hearth's mail worker said last, and where it stands."""
    report = yield
    if report.failed and "hearth" in getattr(item, "fixturenames", ()):
        for each in at_work:
            report.sections.append(("mail worker", words_of_worker(each)))
    return report


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Dovecot and Postfix with the users USERS; `lab.clear()` empties their mailboxes."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-lab-"))
    folder.chmod(0o755)
    try:
        running = start_lab(folder, USERS)
    except StartError as error:
        remove_mail(folder)
        pytest.fail(str(error), pytrace=False)
    yield running
    running.stop()
    remove_mail(folder)


@pytest.fixture(scope="session")
def dovecot(lab: Lab) -> Dovecot:
    """The Dovecot of `lab`: its ports, Maildirs and log."""
    return lab.dovecot


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """An OAuth server of our own."""
    running = start_issuer()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def token_lab(issuer: Issuer) -> Iterator[Lab]:
    """Like `lab`, and its servers take the tokens of `issuer` too."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-tokens-"))
    folder.chmod(0o755)
    asked = f"{issuer.url}/introspect"
    running = _start(lambda: start_lab(folder, USERS, introspection_url=asked))
    yield running
    running.stop()
    remove_mail(folder)


@pytest.fixture(scope="session")
def fronts(lab: Lab) -> Iterator[Fronts]:
    """The lab's servers seen through bad certificates, or without STARTTLS."""
    running = Fronts(lab)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def pymap_server() -> Iterator[Pymap]:
    """pymap, a server with few extensions, with the same users."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-pymap-"))
    running = _start(lambda: start_pymap(folder, USERS))
    yield running
    running.stop()
    remove_mail(folder)


@pytest.fixture(scope="session")
def cyrus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cyrus]:
    """Cyrus IMAPd, with all extensions there are, and the same users."""
    running = _start(lambda: start_cyrus(tmp_path_factory.mktemp("cyrus"), USERS))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def courier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Courier]:
    """Courier-IMAP, whose mailboxes all lie below the inbox, with the same users."""
    running = _start(lambda: start_courier(tmp_path_factory.mktemp("courier"), USERS))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def mailutils(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailutils]:
    """GNU Mailutils' imap4d, with hardly an extension, and the same users."""
    running = _start(lambda: start_mailutils(tmp_path_factory.mktemp("mailutils"), USERS))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis of our own."""
    running = _start(start_redis)
    yield running.url
    running.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty PostgreSQL database of our own."""
    running = _start(start_postgres)
    yield running.url
    running.stop()


def _start(start):
    try:
        return start()
    except StartError as error:
        pytest.fail(str(error), pytrace=False)


def _has_no_files(item: pytest.Item) -> bool:
    skip = item.get_closest_marker("skip")
    return skip is not None and "empty parameter set" in skip.kwargs.get("reason", "")
