"""Every screen, wide and narrow, light and dark: axe finds nothing, nothing scrolls sideways, a
finger finds every button, and the page keeps to its own policy."""

import email.message
import email.policy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from start.hearth import ROOT
from tests.attachments.test_photos import photo

pytestmark = pytest.mark.xdist_group("browser")
BEN = "ben@hearth.test"
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The frame of a mail runs no script, axe neither; what the sender wrote is not ours to judge.
RUN_AXE = """rules => axe.run(document, {iframes: false, resultTypes: ["violations"],
  runOnly: rules}).then(found => found.violations.flatMap(fault => fault.nodes.map(
    node => `${fault.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`)))"""
# Left out: what a label makes larger, links in running text, mail, buttons shown on hover only.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    "a, button, summary, select, textarea, input:not([type=hidden])")].filter(each => {
  const box = each.getBoundingClientRect(), more = getComputedStyle(each, "::before");
  const isFree = ".sr, .skip, .prose, .row-acts, .pick, .sign-foot, [inert]";
  if (!box.width || !each.checkVisibility({visibilityProperty: true})) return false;
  if (each.closest(isFree) || each.labels?.length) return false;
  const reach = (start, end) => more.content == "none" || more.position != "absolute"
    ? 0 : Math.max(0, -(parseFloat(more[start]) + parseFloat(more[end])));
  return box.height + reach("top", "bottom") < 43 || box.width + reach("left", "right") < 40;
}).map(each => each.outerHTML.slice(0, 200))"""


@dataclass(frozen=True)
class Size:
    """A viewport, and the widths at which nothing may scroll sideways."""

    viewport: dict[str, int]
    widths: tuple[int, ...]
    touch: bool = False


SIZES = {
    "desktop": Size({"width": 1440, "height": 900}, (320, 640, 834, 1024, 1440)),
    "phone": Size({"width": 390, "height": 844}, (320, 390), touch=True),
}


@dataclass
class Visit:
    """A signed-in page, a page of a stranger, and what their consoles said."""

    size: Size
    page: Page
    stranger: Page
    url: str
    url_without_mail: str
    inbox: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def account(self) -> str:
        return self.inbox.split("/mail/")[1].split("/")[0]


def letter(subject: str, text: str, html: str = "") -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ada Moreau <ada@hearth.test>", BEN
    message["Subject"], message["Date"] = subject, "Sun, 22 Nov 2026 09:00:00 +0000"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


def answer(number: int) -> bytes:
    """The messages of one conversation, from its first on."""
    message = email.message_from_bytes(letter("Re: Who has the keys", "I thought you had."))
    message["Message-ID"] = f"<keys.{number}@hearth.test>"
    message["References"] = " ".join(f"<keys.{n}@hearth.test>" for n in range(number))
    return message.as_bytes()


NEWSLETTER = """<table width="900" bgcolor="#fff4e0"><tr><td><h1>The bench</h1><img
  src="https://img.example.test/plane.png" alt="A plane"><a href="https://example.test/">Read
  </a></td></tr></table>"""
QUOTING = "Nine is fine.\n\nOn Sunday Ben wrote:\n> At nine?\n> https://example.test/boiler\n"


@pytest.fixture(scope="module")
def letters(lab) -> None:
    lab.clear()
    lab.append(BEN, "INBOX", letter("Boiler " * 40, QUOTING), ("\\Flagged",))
    lab.append(BEN, "INBOX", letter("B" * 300, "A word without an end"), ("\\Seen",))
    lab.append(BEN, "INBOX", letter("مرحبا بكم في اجتماع الأسبوع القادم", "مرحبا"))
    lab.append(BEN, "INBOX", letter("The bench weekly", "Hello", NEWSLETTER))
    lab.append(BEN, "Trash", letter("An old offer", "Gone soon"))
    lab.append(BEN, "House", letter("The keys", "Under the mat"))
    for number in range(7):
        flags = () if number == 6 else ("\\Seen",)
        lab.append(BEN, "House", answer(number), flags)
    lab.append(BEN, "Deep/Deeper/Deepest/A_name_that_never_ends_" + "x" * 60, letter("Low", "x"))


@pytest.fixture(scope="module", params=SIZES)
def visit(request, chromium, hearth, hearth_without_mail, letters) -> Iterator[Visit]:
    size = SIZES[request.param]
    page, stranger = new_page(chromium, size), new_page(chromium, size)
    visit = Visit(size, page, stranger, hearth.url, hearth_without_mail)
    for each in (page, stranger):
        watch(each, visit.faults)
    sign_in(page, hearth.url, "ben-secret")
    expect(page.locator("li.row")).to_have_count(4)
    visit.inbox = page.url
    yield visit
    for each in (page, stranger):
        each.context.close()


def new_page(chromium: Browser, size: Size) -> Page:
    context = chromium.new_context(
        viewport=size.viewport,
        has_touch=size.touch,
        is_mobile=size.touch,
        reduced_motion="reduce",  # a half-faded toast has half its contrast
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def watch(page: Page, faults: list[str]) -> None:
    """Notes what a page says and misses; Chromium's words for the latter name no address."""

    def heard(text: str) -> None:
        if not text.startswith("Failed to load resource"):
            faults.append(text)

    def answered(response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            faults.append(f"{response.status} {response.url}")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: heard(said.text) if said.type != "log" else None)
    page.on("response", answered)


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/sign-in/")
    page.fill("[name=address]", BEN)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in").click()


# -- the screens: each opens one, proves that it is there, and says which page shows it -----------


def at(path: str, proof: str) -> Callable[[Visit], Page]:
    def open_it(visit: Visit) -> Page:
        visit.page.goto(visit.url + path.replace("ACCOUNT", visit.account))
        expect(visit.page.get_by_text(proof).first).to_be_visible()
        return visit.page

    return open_it


def signing_in(visit: Visit) -> Page:
    visit.stranger.goto(f"{visit.url}/sign-in/")
    return visit.stranger


def sign_in_refused(visit: Visit) -> Page:
    sign_in(visit.stranger, visit.url, "not it")
    expect(visit.stranger.get_by_role("alert")).to_be_visible()
    return visit.stranger


def message(subject: str) -> Callable[[Visit], Page]:
    def open_it(visit: Visit) -> Page:
        visit.page.goto(visit.inbox)
        visit.page.locator(".row-link", has_text=subject).first.click()
        expect(visit.page.locator("#subject")).to_contain_text(subject)
        return visit.page

    return open_it


def conversation(proof: str, query: str = "") -> Callable[[Visit], Page]:
    def open_it(visit: Visit) -> Page:
        at("/mail/ACCOUNT/House/", "Who has the keys")(visit)
        link = visit.page.locator(".row-link", has_text="Who has the keys").first
        visit.page.goto(visit.url + (link.get_attribute("href") or "") + query)
        expect(visit.page.get_by_text(proof).last).to_be_visible()
        return visit.page

    return open_it


def gathered(view: str, title: str) -> Callable[[Visit], Page]:
    def open_it(visit: Visit) -> Page:
        visit.page.goto(f"{visit.url}/mail/all/?view={view}")
        expect(visit.page.locator("#list-title")).to_have_text(title)
        return visit.page

    return open_it


def selection(visit: Visit) -> Page:
    visit.page.goto(visit.inbox)
    visit.page.get_by_role("button", name="Select", exact=True).click()
    for row in (0, 2):
        visit.page.locator(".row .pick").nth(row).click()
    expect(visit.page.locator("[data-count]:visible")).to_have_text("2 selected")
    return visit.page


def shortcuts(visit: Visit) -> Page:
    visit.page.goto(visit.inbox)
    expect(visit.page.locator("html.js")).to_be_attached()
    visit.page.keyboard.press("?")
    expect(visit.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return visit.page


def reply(visit: Visit) -> Page:
    message("Boiler")(visit)
    visit.page.locator(".replies").get_by_role("link", name="Reply", exact=True).click()
    expect(visit.page.locator("[name=subject]")).to_have_value("Re: " + "Boiler " * 39 + "Boiler")
    return visit.page


def forget_windows(visit: Visit) -> None:
    """Those of the screen before would come along."""
    if visit.page.locator("#docks > .compose").count():
        visit.page.goto(f"{visit.url}/compose/")
        visit.page.evaluate("sessionStorage.removeItem('windows')")


def docked(visit: Visit) -> Page:
    """As many windows as stand side by side and one more; on the phone the last is seen."""
    page = message("Boiler")(visit)
    page.goto(f"{visit.url}/mail/")
    is_phone = page.viewport_size["width"] < 640
    for number in range(1 if is_phone else 4):
        page.locator("[data-compose-link]:visible", has_text="Compose").first.click()
        window = page.locator("#docks > .compose").nth(number)
        window.locator("[data-editor]").wait_for()
        entry = window.locator("[data-recipients] input:visible").first
        for text in ("wrong", "ann@gmial.com", "Ann <ann@hearth.test>", "ann@hearth.test"):
            entry.fill(text)
            entry.press("Enter")
        expect(window.locator(".chip.twice")).to_have_count(1)
        expect(window.locator(".words").first).to_be_visible()
    if not is_phone:
        expect(page.locator(".is-docked.is-small").first).to_be_visible()
    return page


def waiting(visit: Visit) -> Page:
    visit.page.goto(f"{visit.url}/compose/?to=ada@hearth.test&subject=Nine&body=Yes")
    visit.page.locator("button[value=send]:visible").first.click()
    expect(visit.page.get_by_role("button", name="Undo").first).to_be_visible()
    visit.page.goto(f"{visit.url}/outbox/")
    expect(visit.page.locator(".outgoing")).to_contain_text("Nine")
    return visit.page


def with_files(visit: Visit) -> Page:
    """A photo with questions, one that will not fit, and a picture in the text."""
    page = at("/compose/", "New message")(visit)
    picture = {"mimeType": "image/jpeg", "buffer": photo(size=(300, 200))}
    page.set_input_files("[data-file-input]", {"name": "A very long name of an oak.jpg", **picture})
    expect(page.locator(".offer")).to_be_visible()
    page.locator("[data-editor]").click()
    page.set_input_files("[data-picture-input]", {"name": "Oak.jpg", **picture})
    expect(page.locator(".file:not(.is-waiting) .offer")).to_have_count(2)
    page.evaluate("document.querySelector('form[data-compose]').dataset.limit = 10")
    page.set_input_files("[data-file-input]", {"name": "Film.jpg", **picture})
    expect(page.locator(".file.is-failed")).to_be_visible()
    return page


def picture_described(visit: Visit) -> Page:
    page = with_files(visit)
    page.locator("[data-editor] img").click()
    expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    return page


def mails_of_a_list(visit: Visit) -> Page:
    page = at("/compose/?to=ada@hearth.test&subject=Nine&body=Yes", "New message")(visit)
    page.locator("summary[aria-label='Send later']:visible").click()
    page.locator("button[value='go:merge']:visible").click()
    page.get_by_label("The list").fill("Ann <ann@hearth.test>\nwrong\nBen <ben@hearth.test>")
    page.get_by_role("button", name="Show the mails").click()
    expect(page.get_by_role("heading", name="2 mails, as each is sent")).to_be_visible()
    return page


def messages_to_attach(visit: Visit) -> Page:
    page = at("/compose/", "New message")(visit)
    page.locator("[data-attach-messages]:visible").click()
    expect(page.get_by_role("heading", name="Attach messages")).to_be_visible()
    return page


def nothing_waiting(visit: Visit) -> Page:
    visit.page.goto(f"{visit.url}/outbox/")
    if visit.page.locator(".outgoing").count():
        visit.page.locator(".outgoing").get_by_role("button", name="Undo").click()
        expect(visit.page.locator("[name=subject]")).to_have_value("Nine")
    return at("/outbox/", "Everything is sent")(visit)


def asked(path: str, fields: dict[str, str], proof: str) -> Callable[[Visit], Page]:
    """The page that a form without script leads to."""

    def open_it(visit: Visit) -> Page:
        page = at("/mail/ACCOUNT/Trash/", "An old offer")(visit)
        ref = page.locator(".row").first.get_attribute("data-ref")
        page.evaluate(
            """([action, fields]) => {
              const form = document.createElement("form");
              Object.assign(form, {method: "post", action});
              const token = document.querySelector("meta[name=csrf-token]").content;
              for (const pair of Object.entries({...fields, csrfmiddlewaretoken: token})) {
                const [name, value] = pair;
                form.append(Object.assign(document.createElement("input"), {name, value}));
              }
              document.body.append(form);
              form.submit();
            }""",
            [path.replace("ACCOUNT", visit.account), {**fields, "ref": ref or ""}],
        )
        expect(page.get_by_role("heading", name=proof)).to_be_visible()
        return page

    return open_it


def without_mail(visit: Visit) -> Page:
    visit.page.goto(f"{visit.url_without_mail}/mail/")
    expect(visit.page.get_by_text("does not answer").first).to_be_visible()
    return visit.page


def encryption(visit: Visit) -> Page:
    page = at("/settings/encryption/", "read what others encrypted for you")(visit)
    page.get_by_role("button", name="Turn on OpenPGP").click()
    expect(page.get_by_text("You have no key yet.")).to_be_visible()
    folded = page.locator(".setting-fold:not([open]) > summary")
    while folded.count():
        folded.first.click()
    return page


def encrypting(visit: Visit) -> Page:
    """With the line about it; the screens after it have it no more."""
    page = at("/compose/?to=ben@hearth.test", "You have no key for")(visit)
    other = page.context.new_page()
    other.goto(f"{visit.url}/settings/encryption/")
    other.get_by_role("button", name="Turn off OpenPGP").click()
    expect(other.get_by_text("OpenPGP is off")).to_be_visible()
    other.close()
    return page


SCREENS = {
    "sign-in": signing_in,
    "sign-in refused": sign_in_refused,
    "inbox": at("/mail/", "The bench weekly"),
    "selection": selection,
    "empty folder": at("/mail/ACCOUNT/Archive/", "Nothing here"),
    "plain message": message("Boiler"),
    "endless subject": message("BBBB"),
    "Arabic message": message("مرحبا"),
    "list by conversation": at("/mail/ACCOUNT/House/", "Who has the keys"),
    "conversation": conversation("Show 4 earlier messages"),
    "conversation, all open": conversation("I thought you had", "?open=all"),
    "all inboxes": gathered("inboxes", "All inboxes"),
    "all flagged": gathered("flagged", "Flagged"),
    "all drafts, none": gathered("drafts", "All drafts"),
    "newsletter": message("The bench weekly"),
    "search": at("/search/?q=bench", "1 result"),
    "nothing found": at("/search/?q=zeppelin", "Nothing found"),
    "folders": at("/mail/ACCOUNT/", "New folder"),
    "compose": at("/compose/", "New message"),
    "compose with files": with_files,
    "picture described": picture_described,
    "messages to attach": messages_to_attach,
    "mails of a list": mails_of_a_list,
    "reply": reply,
    "docked windows": docked,
    "outbox with a message": waiting,
    "empty outbox": nothing_waiting,
    "appearance": at("/settings/appearance/", "Theme"),
    "reading": at("/settings/reading/", "Show messages as conversations"),
    "people": at("/settings/people/", "Add a list"),
    "identities": at("/settings/identities/", "Add another"),
    "encryption, off": at("/settings/encryption/", "OpenPGP is off"),
    "encryption": encryption,
    "compose with encryption": encrypting,
    "shortcuts": shortcuts,
    "delete for good": asked("/mail/actions/", {"do": "erase"}, "Delete"),
    "move to": asked("/mail/actions/", {"do": "move"}, "Move"),
    "delete folder": asked("/mail/ACCOUNT/", {"do": "delete", "mailbox": "House"}, "Delete"),
    "no such page": at("/nothing/here/", "Not found"),
    "no such folder": at("/mail/ACCOUNT/Nowhere/", "There is no such folder"),
    "message gone": at("/mail/ACCOUNT/INBOX/1.9999/", "no longer there"),
    "no mail server": without_mail,
}


@pytest.mark.parametrize("name", SCREENS, ids=lambda name: name.replace(" ", "-"))
def test_a_screen_is_fit_for_everybody(visit, name):
    forget_windows(visit)
    visit.faults.clear()
    page = SCREENS[name](visit)
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert page.evaluate(RUN_AXE, RULES) == [], theme
    if visit.size.touch:
        assert page.evaluate(SMALL_TARGETS) == []
    assert too_wide(page, visit.size) == {}
    assert visit.faults == []


def too_wide(page: Page, size: Size) -> dict[int, int]:
    """How wide the page is where it does not fit."""
    found = {}
    for width in size.widths:
        page.set_viewport_size({**size.viewport, "width": width})
        found[width] = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(size.viewport)
    return {width: needed for width, needed in found.items() if needed > width}
