"""A real Chromium, and a Hearth whose mail server is away."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from start.child import end
from tests.browser.docked import open_mailbox
from tests.browser.openpgp_mail import ADA, BEN, PASSPHRASE
from tests.hearth import start_web, wait_for
from tests.lab.gnupg import GnuPG
from tests.lab.place import find_program, free_port


@pytest.fixture(scope="session")
def hearth_without_mail(hearth, fronts) -> Iterator[str]:
    """The URL of a second web process with the same sessions; its mail server is away."""
    port = free_port()
    log = hearth.folder / "without-mail.log"
    web = start_web(port, log, {**hearth.environment, "WEBMAIL_IMAP": fronts.closed()})
    wait_for(f"http://127.0.0.1:{port}/healthz", log)
    yield f"http://127.0.0.1:{port}"
    end(web)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ended with its module: Playwright's event loop would run on under every later test of
    the process, and Django refuses its database where one runs."""
    program = find_program("chromium")
    if program is None:
        pytest.fail("Chromium is missing: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        flags += ["--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=str(program), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def gnupg(tmp_path_factory) -> Iterator[GnuPG]:
    """Another program, with a key of Ada's and one of Ben's."""
    gnupg = GnuPG(tmp_path_factory.mktemp("gnupg"))
    gnupg.ada = gnupg.make(f"Ada <{ADA}>", PASSPHRASE)
    gnupg.ben = gnupg.make(f"Ben <{BEN}>", "")
    yield gnupg
    gnupg.close()


@pytest.fixture
def page(chromium, hearth, lab):
    """A mailbox of three letters (docked.py) on a desktop."""
    page = open_mailbox(chromium, hearth, lab, 1440, 900)
    yield page
    page.context.close()


@pytest.fixture
def tablet(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 900, 800)
    yield page
    page.context.close()


@pytest.fixture
def phone(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 390, 844)
    yield page
    page.context.close()
