"""The main job in a real Chromium, against real servers: sign in, read, search, answer with a
file, take it back once, send, and find it where it was meant to go, every byte of it."""

import email
import email.policy
import secrets
import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"
FILE = secrets.token_bytes(180_000)

PLAIN = f"""From: Ben Moreau <{BEN}>\r
To: Ada <{ADA}>\r
Subject: Boiler on Tuesday\r
Date: Sun, 22 Nov 2026 09:00:00 +0000\r
Message-ID: <boiler@hearth.test>\r
\r
The man comes at nine. See https://example.org/boiler for the model.\r
""".encode()

HTML = f"""From: Pakket <news@hearth.test>\r
To: {ADA}\r
Subject: Your parcel\r
Date: Sun, 22 Nov 2026 09:10:00 +0000\r
Message-ID: <parcel@hearth.test>\r
MIME-Version: 1.0\r
Content-Type: text/html; charset=utf-8\r
\r
<h1>It arrives <b>today</b></h1><img src="http://tracker.example.test/pixel.gif">\r
<script>parent.hurt = true</script><p onclick="parent.hurt = true">Track it</p>\r
""".encode()


def with_attachment() -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = f"Ben <{BEN}>", ADA
    message["Subject"], message["Message-ID"] = "The plan of the house", "<plan@hearth.test>"
    message["Date"] = "Sun, 22 Nov 2026 09:20:00 +0000"
    message.set_content("The plan is attached.")
    message.add_attachment(FILE, maintype="application", subtype="pdf", filename="plan.pdf")
    return message.as_bytes()


@dataclass(frozen=True)
class Way:
    """How somebody looks at it."""

    viewport: dict[str, int]
    touch: bool = False
    script: bool = True


WAYS = {
    "desktop": Way({"width": 1440, "height": 900}),
    "phone": Way({"width": 390, "height": 844}, touch=True),
    "without JavaScript": Way({"width": 1440, "height": 900}, script=False),
}


@pytest.fixture(params=WAYS, ids=lambda name: name.replace(" ", "-"))
def page(request, chromium, hearth, lab, tmp_path):
    way = WAYS[request.param]
    lab.clear()
    for raw in (PLAIN, HTML, with_attachment()):
        lab.append(ADA, "INBOX", raw)
    context = chromium.new_context(
        viewport=way.viewport,
        has_touch=way.touch,
        is_mobile=way.touch,
        java_script_enabled=way.script,
        accept_downloads=True,
    )
    page = context.new_page()
    page.way, page.foreign, page.faults = way, [], []
    page.on("request", lambda asked: note_foreign(page, hearth, asked.url))
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()


def note_foreign(page: Page, hearth, url: str) -> None:
    if not url.startswith((hearth.url, "data:", "blob:")):
        page.foreign.append(url)


def test_the_main_job(page, hearth, lab, tmp_path):
    sign_in(page, hearth)
    read_plain(page)
    read_html(page)
    download(page, tmp_path)
    search(page)
    answer_with_a_file(page, tmp_path)
    take_it_back(page)
    send(page)
    arrives(lab)
    assert page.foreign == []
    assert page.faults == []


def sign_in(page: Page, hearth) -> None:
    page.goto(hearth.url)
    page.fill("[name=address]", ADA)
    page.fill("[name=password]", "not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("did not accept")
    expect(page.locator("[name=address]")).to_have_value(ADA)
    page.faults.clear()  # Chromium reports the 401 itself
    page.fill("[name=password]", "ada-secret")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("li.row")).to_have_count(3)
    subjects = page.locator("li.row").all_inner_texts()
    assert ["plan" in subjects[0], "parcel" in subjects[1], "Boiler" in subjects[2]] == [True] * 3


def open_row(page: Page, subject: str) -> None:
    page.locator("li.row", has_text=subject).locator(".row-link").click()
    expect(page.locator("#subject")).to_have_text(subject)


def back_to_the_list(page: Page) -> None:
    page.go_back()
    expect(page.locator("li.row").first).to_be_visible()


def read_plain(page: Page) -> None:
    expect(page.locator("li.row.is-unread", has_text="Boiler")).to_have_count(1)
    open_row(page, "Boiler on Tuesday")
    expect(page.locator(".prose")).to_contain_text("The man comes at nine.")
    link = page.locator(".prose a")
    expect(link).to_have_attribute("href", "https://example.org/boiler")
    assert "noopener" in link.get_attribute("rel")
    back_to_the_list(page)
    page.reload()
    expect(page.locator("li.row", has_text="Boiler")).not_to_have_class("is-unread")


def read_html(page: Page) -> None:
    open_row(page, "Your parcel")
    frame = page.frame_locator("iframe.mail")
    expect(frame.locator("h1")).to_have_text("It arrives today")
    expect(page.locator(".notice").first).to_contain_text("blocked")
    if page.way.script:
        assert page.evaluate("window.hurt") is None
        assert page.locator("iframe.mail").bounding_box()["height"] < 600
    back_to_the_list(page)


def download(page: Page, tmp_path) -> None:
    open_row(page, "The plan of the house")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download plan.pdf").click()
    assert started.value.suggested_filename == "plan.pdf"
    kept = tmp_path / "plan.pdf"
    started.value.save_as(kept)
    assert kept.read_bytes() == FILE
    back_to_the_list(page)


def search(page: Page) -> None:
    field = page.locator("input[name=q]").first
    field.fill("from:ben boiler")
    field.press("Enter")
    expect(page.locator("li.row")).to_have_count(1)
    open_row(page, "Boiler on Tuesday")


def answer_with_a_file(page: Page, tmp_path) -> None:
    page.get_by_role("link", name="Reply", exact=True).first.click()
    expect(page.locator("[name=subject]")).to_have_value("Re: Boiler on Tuesday")
    (tmp_path / "offer.bin").write_bytes(FILE)
    page.locator("[name=files]").set_input_files(str(tmp_path / "offer.bin"))
    if not page.way.script:
        page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.locator("li.file")).to_contain_text("offer.bin")
    write(page, "Nine is fine.")
    press_send(page)


def write(page: Page, words: str) -> None:
    plain = page.locator("textarea[name=text]")
    if plain.is_visible():
        plain.fill(f"{words}\n\n{plain.input_value()}")
        return
    page.locator("[data-editor]").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(words)


def press_send(page: Page) -> None:
    page.locator("button[value=send]:visible").first.click()


def take_it_back(page: Page) -> None:
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("[name=subject]")).to_have_value("Re: Boiler on Tuesday")
    expect(page.locator("li.file")).to_contain_text("offer.bin")
    expect(page.locator("section.compose")).to_contain_text("Nine is fine.")


def send(page: Page) -> None:
    press_send(page)
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()


def arrives(lab) -> None:
    """Once in Ben's inbox, once in Sent, the original answered, no draft left."""
    (uid,) = lab.wait_for(BEN, "INBOX", "SUBJECT", "Boiler", timeout_s=40)
    message = email.message_from_bytes(lab.raw(BEN, "INBOX", uid), policy=email.policy.default)
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("offer.bin", FILE)
    assert message["In-Reply-To"] == "<boiler@hearth.test>"
    assert message["References"] == "<boiler@hearth.test>"
    assert "Nine is fine." in message.get_body(("plain",)).get_content()
    assert len(lab.wait_for(ADA, "Sent", "SUBJECT", "Boiler")) == 1
    lab.wait_for(ADA, "INBOX", "ANSWERED", "SUBJECT", "Boiler")
    time.sleep(1)
    assert len(lab.uids(BEN, "INBOX", "SUBJECT", "Boiler")) == 1
    assert lab.uids(ADA, "Drafts") == []
