"""A newsletter whose pictures are allowed: shown, and asked for by this server alone (T09)."""

import email.message
import email.policy
import sys
import threading
import time
import urllib.request
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from start.child import end, spawn
from tests.hearth import wait_for
from tests.lab.pages import Pages
from tests.lab.place import free_port
from tests.web.newsletters import png
from webmail.outbound_fetch import USER_AGENT

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
ADA = "ada@hearth.test"
HOST = "http://img.shop.example"


@pytest.fixture
def pages():
    server = Pages()
    server.answers = {
        f"/{number}.png": (200, {"Set-Cookie": "who=ada"}, png(colour, (80, 40)))
        for number, colour in enumerate(("red", "green", "blue"))
    }
    yield server
    server.close()


@pytest.fixture
def web(hearth, pages):
    """A second web process of the same Hearth, for which ``pages`` is the Internet."""
    port, log = free_port(), hearth.folder / "pictures.log"
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.browser.picture_web", str(port)]
    process = spawn(
        [*command, pages.host, str(pages.port)],
        log=log,
        environment={**hearth.environment, "WEBMAIL_BASE_URL": url},
    )
    wait_for(f"{url}/healthz", log)
    yield url
    end(process)


def newsletter(pages, *, count=3, path=""):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Shop <news@shop.example>", ADA
    message["Subject"], message["Date"] = "Pictures", "Sun, 22 Nov 2026 09:00:00 +0000"
    shown = "".join(f'<img src="{HOST}:{pages.port}/{path}{n}.png" alt=p>' for n in range(count))
    pixel = f'<img src="{HOST}:{pages.port}/o.gif?u=ada" width=1 height=1>'
    link = (
        '<a href="https://l.facebook.com/l.php?u=https%3A%2F%2Freal.example%2Fa">shop.example</a>'
    )
    message.set_content(f"<p>Hello {link}</p>{shown}{pixel}", subtype="html")
    return message.as_bytes()


def forwarded(pages):
    """A message from a friend with the newsletter in it, as a message."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ben <ben@hearth.test>", ADA
    message["Subject"], message["Date"] = "Look at this", "Sun, 22 Nov 2026 10:00:00 +0000"
    message.set_content("See below.")
    message.add_attachment(email.message_from_bytes(newsletter(pages), policy=email.policy.SMTP))
    return message.as_bytes()


@pytest.fixture
def page(chromium, web, lab, pages):
    lab.clear()
    lab.append(ADA, "INBOX", newsletter(pages))
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.requested = []
    context.on("request", lambda request: page.requested.append(request.url))
    page.goto(web)
    page.fill("[name=address]", ADA)
    page.fill("[name=password]", "ada-secret")
    page.get_by_role("button", name="Sign in").click()
    page.locator("li.row a").first.click()
    expect(page.frame_locator("iframe.mail").locator("html[data-told]")).to_be_visible()
    yield page
    context.close()


SHOWN = """
([count, at]) => {
  const page = document.querySelector("iframe.mail")?.contentDocument;
  if (!page?.URL.includes(at) || page.readyState !== "complete") return false;
  return [...page.images].filter((one) => one.naturalWidth === 80).length === count;
}
"""


def expect_shown(page, count, *, at="/body/"):
    page.wait_for_function(SHOWN, arg=[count, at])


def test_consented_pictures_come_from_our_origin_and_tell_their_host_nothing(page, web, pages):
    expect(page.locator(".notice.remote")).to_contain_text("3 pictures from img.shop.example")
    expect_shown(page, 0)
    assert not pages.connections
    page.get_by_role("button", name="Always for this sender").click()
    expect(page.locator(".notice.remote")).to_contain_text("Pictures are shown")
    expect_shown(page, 3)
    assert all(url.startswith((web, "data:", "about:")) for url in page.requested)
    assert sorted(path for path, _ in pages.asked) == ["/0.png", "/1.png", "/2.png"]
    for _, fields in pages.asked:
        assert set(fields) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
        assert fields["User-Agent"] == USER_AGENT
    page.get_by_role("button", name="Block again").click()
    expect(page.locator(".notice.remote")).to_contain_text("Pictures are blocked")
    expect_shown(page, 0)


def test_shown_once_without_leaving_the_page(page, pages):
    page.get_by_role("link", name="Show pictures").click()
    expect(page.locator(".notice.remote")).to_have_count(0)
    expect_shown(page, 3)
    page.reload()
    expect(page.locator(".notice.remote")).to_contain_text("Pictures are blocked")
    expect_shown(page, 0)


def test_a_link_tells_where_it_leads(page):
    link = page.frame_locator("iframe.mail").locator("a")
    link.hover()
    expect(page.locator(".link-target")).to_have_text("real.example/a")
    page.locator("#subject").hover()
    expect(page.locator(".link-target")).to_be_hidden()
    link.focus()
    expect(page.locator(".link-target")).to_contain_text("real.example")


SOURCES = """() => [...document.querySelector("iframe.mail").contentDocument.images]
  .map((one) => one.src).filter((url) => url.includes("/images/"))"""


def test_twenty_slow_pictures_leave_the_list_answering(page, web, lab, pages):
    go_on = threading.Event()
    pages.answers |= {f"/slow{n}.png": lambda _: go_on.wait(8) for n in range(20)}
    lab.append(ADA, "INBOX", newsletter(pages, count=20, path="slow"))
    page.goto(web)
    page.locator("li.row a").first.click()
    expect(page.locator(".notice.remote")).to_contain_text("20 pictures")
    # Without the pictures themselves: Chromium has six connections, and this is about the server.
    page.route("**/images/**", lambda route: route.abort())
    page.get_by_role("link", name="Show pictures").click()
    page.wait_for_function(f"() => ({SOURCES})().length === 20")
    urls = page.evaluate(SOURCES)
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())

    def ask(url):
        request = urllib.request.Request(url, headers={"Cookie": cookie})  # noqa: S310  our own
        with suppress(OSError):
            urllib.request.urlopen(request, timeout=60).close()  # noqa: S310  our own

    asked = [threading.Thread(target=ask, args=(url,)) for url in urls]
    for each in asked:
        each.start()
    try:
        deadline = time.monotonic() + 5
        while pages.connections < 6 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        begun = time.monotonic()
        assert page.request.get(f"{web}/mail/").ok
        assert time.monotonic() - begun < 2
        assert pages.connections == 6
    finally:
        go_on.set()
        for each in asked:
            each.join(30)


def test_a_picture_the_server_had_no_time_for_is_asked_for_again(page):
    busy = []

    def answer(route):
        if len(busy) < 5:
            busy.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "1"})
        else:
            route.continue_()

    page.route("**/images/**", answer)
    page.get_by_role("link", name="Show pictures").click()
    expect_shown(page, 3)
    assert len(set(busy)) == 3


def test_a_message_within_a_message_contacts_nobody_until_asked(page, web, lab, pages):
    lab.append(ADA, "INBOX", forwarded(pages))
    page.goto(web)
    page.locator("li.row a", has_text="Look at this").click()
    page.locator(".inside a").click()
    notice = page.locator(".notice.remote")
    expect(notice).to_contain_text("3 pictures from img.shop.example, 1 tracker")
    expect_shown(page, 0, at="as=body")
    assert not pages.connections
    page.get_by_role("link", name="Show pictures").click()
    expect(notice).to_have_count(0)
    expect_shown(page, 3, at="as=body")
    page.reload()
    expect_shown(page, 0, at="as=body")
    page.go_back()
    expect(page.locator("#subject")).to_have_text("Look at this")
    page.go_forward()
    page.get_by_role("button", name="Always for this sender").click()
    expect(notice).to_contain_text("Pictures are shown")
    expect_shown(page, 3, at="as=body")
    assert all(url.startswith((web, "data:", "about:")) for url in page.requested)
    assert sorted(path for path, _ in pages.asked) == ["/0.png", "/1.png", "/2.png"]
    page.get_by_role("button", name="Block again").click()
    expect_shown(page, 0, at="as=body")
