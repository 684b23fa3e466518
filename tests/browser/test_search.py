"""Searching in a real browser: hits while somebody types, the rest as the server finds it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")
CHIYO = "chiyo@hearth.test"
DESKTOP = {"width": 1440, "height": 900}


def mail(subject, text="Hello."):
    head = ["From: Ben <ben@hearth.test>", f"To: {CHIYO}", f"Subject: {subject}"]
    head += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    return "\r\n".join([*head, "", text, ""]).encode()


def sign_in(page, hearth, lab):
    page.goto(f"{hearth.url}/sign-in/")
    page.fill("#address", CHIYO)
    page.get_by_label("Password", exact=True).fill(lab.users[CHIYO])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/INBOX/")


def row(page, subject):
    return page.locator("#list .row", has_text=subject)


@pytest.fixture(scope="module")
def letters(lab):
    lab.clear()
    lab.append(CHIYO, "INBOX", mail("Boiler service"))
    lab.append(CHIYO, "INBOX", mail("Réunion à Zürich"))
    lab.append(CHIYO, "INBOX", mail("東京都庁からのお知らせ"))
    lab.append(CHIYO, "INBOX", mail("Lunch", "The boiler is warm again."))
    lab.append(CHIYO, "Archive", mail("Old boiler"))


@pytest.fixture
def chiyo(chromium, hearth, lab, letters):
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    sign_in(page, hearth, lab)
    expect(row(page, "Lunch")).to_be_visible()
    yield page
    context.close()
    assert page.faults == []


def test_hits_come_while_somebody_types_and_the_caret_stays(chiyo):
    field = chiyo.get_by_role("searchbox", name="Search mail")
    field.press_sequentially("zurch", delay=30)
    for _ in range(2):
        field.press("ArrowLeft")
    field.press_sequentially("i")
    expect(row(chiyo, "Réunion à Zürich")).to_be_visible()
    expect(chiyo.locator("#list .row")).to_have_count(1)
    expect(field).to_be_focused()
    assert field.evaluate("field => [field.value, field.selectionStart]") == ["zurich", 4]
    chiyo.wait_for_url("**/search/?q=zurich")
    chiyo.go_back()
    expect(row(chiyo, "Lunch")).to_be_visible()


def test_what_only_the_text_says_joins_by_itself(chiyo):
    field = chiyo.get_by_role("searchbox", name="Search mail")
    field.press_sequentially("boiler", delay=30)
    expect(row(chiyo, "Boiler service")).to_be_visible()
    expect(row(chiyo, "Lunch")).to_be_visible(timeout=15_000)
    expect(row(chiyo, "Old boiler")).to_be_visible()
    expect(chiyo.locator("#search-state")).to_be_empty(timeout=15_000)
    expect(chiyo.get_by_role("heading", name="3 results")).to_be_visible()
    expect(field).to_be_focused()


def test_an_emptied_field_shows_the_list_that_was_left(chiyo):
    field = chiyo.get_by_role("searchbox", name="Search mail")
    field.press_sequentially("東京", delay=30)
    expect(chiyo.locator("#list .row")).to_have_count(1)
    field.fill("")
    expect(row(chiyo, "Lunch")).to_be_visible()
    chiyo.wait_for_url("**/INBOX/")


def test_an_older_answer_never_covers_a_newer(chiyo):
    held = []

    def hold(route):
        if "q=b&" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    chiyo.route("**/search/?*", hold)
    field = chiyo.get_by_role("searchbox", name="Search mail")
    field.fill("b")
    chiyo.wait_for_timeout(300)
    field.fill("zurich")
    expect(row(chiyo, "Réunion à Zürich")).to_be_visible()
    chiyo.wait_for_timeout(1000)  # the pause after which the server is asked
    expect(chiyo.locator("#search-state")).to_be_empty(timeout=15_000)
    for route in held:
        route.continue_()
    chiyo.wait_for_timeout(500)
    expect(chiyo.locator("#list .row")).to_have_count(1)
    assert held


def test_without_a_script_the_page_is_asked_again_by_a_link(chromium, hearth, lab, letters):
    context = chromium.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, hearth, lab)
    page.goto(f"{hearth.url}/search/?q=boiler+again")
    again = page.get_by_role("link", name="Look again")
    for _ in range(20):
        if not again.is_visible():
            break
        page.wait_for_timeout(300)
        again.click()
    expect(row(page, "Lunch")).to_be_visible()
    context.close()
