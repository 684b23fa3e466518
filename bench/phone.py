"""What somebody waits for with a cheap phone on a slow line: Chromium, slowed down by itself.

4x less CPU, 1.6 Mbit/s down, 750 kbit/s up, 150 ms there and back: the profile that
Lighthouse calls slow 4G.  The clock runs inside the page, from the tap to the painted frame
that shows the message.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from playwright.sync_api import CDPSession, Page, sync_playwright

from bench.mailboxes import NEWSLETTER_AT
from bench.measure import Figures
from bench.stage import PASSWORD, SMALL, Stage
from start.child import StartError
from tests.lab.place import find_program

CPU_RATE, LATENCY_MS, DOWN_BYTES, UP_BYTES = 4, 150, 1_600_000 / 8, 750_000 / 8
_PHONE = {"width": 390, "height": 844}
_OPENED = 8
SIZE = 10_000
_IDLE_MS = 2500
# Taps a link and tells the milliseconds until what it leads to is painted.
_TAP = """async ([link, isHtml]) => {
  const wanted = link.href, began = performance.now();
  link.click();
  const isThere = () => {
    const form = document.querySelector('#reader form[data-ref]');
    if (!form || location.href !== wanted || document.querySelector('#reader[aria-busy=true]'))
      return false;
    const frame = document.querySelector('#reader iframe[data-frame]');
    if (!frame) return !isHtml && Boolean(document.querySelector('#reader .prose'));
    const page = frame.contentDocument;
    return page?.URL !== 'about:blank' && page?.body?.innerText.length > 0;
  };
  while (!isThere()) {
    if (performance.now() - began > 30000)
      throw new Error(`not shown: ${wanted}, but ${location.href}`);
    await new Promise(requestAnimationFrame);
  }
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - began;
}"""


def run(stage: Stage, figures: Figures) -> None:
    with _phone() as (page, line):
        _sign_in(page, stage)
        _measure_list(page, line, stage, figures)
        _measure_messages(page, figures)


@contextmanager
def _phone() -> Iterator[tuple[Page, CDPSession]]:
    program = find_program("chromium")
    if program is None:
        raise StartError("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=str(program), args=flags)
        context = browser.new_context(viewport=_PHONE, is_mobile=True, has_touch=True)
        page = context.new_page()
        yield page, context.new_cdp_session(page)
        browser.close()


def _sign_in(page: Page, stage: Stage) -> None:
    page.goto(f"http://127.0.0.1:{stage.port}/sign-in/")
    page.fill("[name=address]", SMALL)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("li.row").first.wait_for()
    stage.settle()


def _measure_list(page: Page, line: CDPSession, stage: Stage, figures: Figures) -> None:
    came = [0.0]
    line.send("Network.enable")
    line.on("Network.loadingFinished", lambda event: _add(came, event["encodedDataLength"]))
    line.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
    conditions = {"offline": False, "latency": LATENCY_MS}
    conditions |= {"downloadThroughput": DOWN_BYTES, "uploadThroughput": UP_BYTES}
    line.send("Network.emulateNetworkConditions", conditions)
    for name, fresh in (("first visit", True), ("again", False)):
        waits, sizes = [], []
        for _ in range(5):
            if fresh:
                line.send("Network.clearBrowserCache")
            came[0] = 0.0
            page.goto(f"http://127.0.0.1:{stage.port}/mail/", wait_until="load")
            waits.append(page.evaluate("performance.getEntriesByType('paint').at(-1).startTime"))
            sizes.append(came[0] / 1000)
        note = f"{median(sizes):.0f} KB"
        figures.add(f"phone: inbox painted, {name}", median(waits), "ms", "", note)


def _add(came: list[float], octets: float) -> None:
    came[0] += octets


def _measure_messages(page: Page, figures: Figures) -> None:
    page.wait_for_timeout(_IDLE_MS)
    links = page.locator("li.row .row-link")
    waits = [_opened(page, links.nth(n)) for n in range(20, 20 + 2 * _OPENED, 2)]
    figures.add("phone: a message after the tap", median(waits), "ms", "<= 350")
    newsletter = page.locator(f"li.row .row-link[href$='.{SIZE - NEWSLETTER_AT}/']")
    first, again = (_opened(page, newsletter, is_html=True) for _ in range(2))
    figures.add("phone: a newsletter of 100 KB, first", first, "ms", "<= 700")
    figures.add("phone: the same again", again, "ms")
    figures.add("phone: the next, fetched ahead", _next(page, links.nth(25)), "ms", "<= 150")


def _opened(page: Page, link, *, is_html: bool = False) -> float:
    waited = link.evaluate(f"(link) => ({_TAP})([link, {str(is_html).lower()}])")
    page.go_back()
    page.locator("li.row").first.wait_for()
    page.wait_for_timeout(400)
    return float(waited)


def _next(page: Page, first) -> float:
    first.evaluate(f"(link) => ({_TAP})([link, false])")
    waits = []
    for _ in range(_OPENED):
        page.wait_for_timeout(_IDLE_MS)
        link = page.locator("#reader [rel=next]")
        waits.append(float(link.evaluate(f"(link) => ({_TAP})([link, false])")))
    return median(waits)
