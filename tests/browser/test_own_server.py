"""The submission server of one name, looked up and tried from Settings in a real Chromium."""

import sys

import pytest
from playwright.sync_api import expect

from start.child import end, spawn
from tests.browser.docked import ADA, BEN
from tests.browser.test_repeating import check_axe
from tests.hearth import wait_for
from tests.lab.msa import start_plain_msa
from tests.lab.place import free_port
from tests.test_outbound_services import zone  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")
NAME, WORD = "ada.l", "another-secret"


@pytest.fixture
def msa(lab, tmp_path):
    users = {NAME: WORD, BEN: "unused"}
    port = lab.dovecot.ports["lmtp"]
    running = start_plain_msa(tmp_path, users, lab.authority.wrong_host, lmtp_port=port)
    yield running
    running.stop()


@pytest.fixture
def far_hearth(hearth, msa, zone):  # noqa: F811
    """A second web process with the same sessions, whose DNS is `zone`."""
    records, resolver = zone
    port = free_port()
    log = hearth.folder / "far-names.log"
    uvicorn = [sys.executable, "-m", "uvicorn", "tests.browser.far_names:application"]
    known = " ".join(map(str, (resolver.port, *msa.ports.values())))
    web = spawn(
        [*uvicorn, "--port", str(port)],
        log=log,
        environment={**hearth.environment, "FAR_NAMES": known},
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", log)
        yield f"http://127.0.0.1:{port}", records
    finally:
        end(web)


@pytest.fixture(params=[(390, 844)], ids=["phone"])
def page(request, chromium, far_hearth, lab):
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{far_hearth[0]}/sign-in/")
    page.fill("[name=address]", ADA)
    page.fill("[name=password]", lab.users[ADA])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/mail/**")
    page.goto(f"{far_hearth[0]}/settings/identities/")
    yield page
    context.close()


def test_it_is_looked_up_a_refused_password_keeps_what_was_typed_and_the_right_one_is_kept(
    page,
    far_hearth,
    msa,
):
    _, records = far_hearth
    server = page.locator(".server-form").first
    server.locator("summary").click()
    server.get_by_role("link", name="Look it up").click()
    expect(server.get_by_role("status")).to_contain_text("does not say by which server")

    port = msa.ports["submissions"]
    records["_submissions._tcp.hearth.test."] = [f"0 0 {port} elsewhere.example."]
    server.get_by_role("link", name="Look it up").click()
    expect(server.get_by_role("status")).to_contain_text("hearth.test names elsewhere.example")
    expect(server.get_by_role("status")).to_contain_text("That is another domain")
    host = server.get_by_label("Server", exact=True)
    expect(host).to_have_value(f"elsewhere.example:{port}")
    check_axe(page)

    server.get_by_label("User name").fill(NAME)
    server.get_by_label("Password").fill("guess")
    server.get_by_role("button", name="Check and save").click()
    expect(server.get_by_role("alert")).to_contain_text("did not accept the user name and password")
    expect(host).to_have_value(f"elsewhere.example:{port}")
    expect(server.get_by_label("User name")).to_have_value(NAME)
    expect(server.get_by_label("Password")).to_be_in_viewport()
    check_axe(page)

    server.get_by_label("Password").fill(WORD)
    server.get_by_role("button", name="Check and save").click()
    expect(server.locator("summary")).to_contain_text("By elsewhere.example (TLS")
    server.locator("summary").click()
    server.get_by_role("button", name="Use the server of your mailbox").click()
    expect(server.locator("summary")).to_contain_text("By the server of your mailbox")
