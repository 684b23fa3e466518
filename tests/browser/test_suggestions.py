"""People offered while an address is typed: by keys, by finger, on a slow line and on none."""

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE
from tests.browser.test_recipient_chips import addresses

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
SENT = (
    "Anna Lindgren <anna@lindgren.test>",
    "Anna Lindgren <anna@lindgren.test>",
    "Élodie Dupré <elodie@dupre.test>",
    "Annika Berg <annika@berg.test>",
)


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    for number, to in enumerate(SENT):
        lines = (f"From: {ADA}", f"To: {to}", f"Subject: {number}", "", "Hello", "")
        lab.append(ADA, "Sent", "\r\n".join(lines).encode(), ("\\Seen",))
    width, height = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, has_touch=width < 600
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.sent = arrive(page, hearth, lab).replace("/INBOX/", "/Sent/")
    page.goto(page.sent)  # the index reads it
    page.locator("li.row").first.wait_for()
    for _ in range(60):  # who was only just indexed is known ten seconds later
        told = page.request.get(f"{hearth.url}/compose/people/?q=ann").text()
        if "berg.test" in told and "lindgren.test" in told:
            break
        page.wait_for_timeout(500)
    page.goto(f"{hearth.url}/compose/")
    page.locator("[data-editor]").wait_for()
    yield page
    assert page.faults == []
    context.close()


def options(page):
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def type_(page, text, selector="#to"):
    page.locator(selector).press_sequentially(text)


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_the_first_letters_offer_the_most_used_first_and_enter_takes_one(page):
    type_(page, "ann")
    expect(options(page)).to_have_count(2)
    to = page.get_by_role("combobox", name="To")
    expect(to).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    names = ["Anna Lindgren anna@lindgren.test", "Annika Berg annika@berg.test"]
    for number, name in enumerate(names):
        expect(options(page).nth(number)).to_have_accessible_name(name)
    expect(page.get_by_role("option", name=names[0], selected=True)).to_be_visible()
    expect(page.locator("#announce")).to_have_text("2 suggestions")
    expect(page.locator(".suggest mark").first).to_have_text("Ann")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", name=names[1], selected=True)
    expect(to).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("Enter")
    assert addresses(page) == ["Annika Berg <annika@berg.test>"]
    expect(to).to_be_focused()
    expect(to).to_have_attribute("aria-expanded", "false")
    type_(page, "ann")
    expect(options(page)).to_have_count(1)  # who is there already is not offered
    page.keyboard.press("Tab")
    assert addresses(page)[1:] == ["Anna Lindgren <anna@lindgren.test>"]


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_finger_takes_one_and_the_rows_are_wide_enough(page):
    type_(page, "elod")
    row = page.get_by_role("option", name="Élodie Dupré elodie@dupre.test")
    expect(row).to_be_visible()
    assert row.bounding_box()["height"] >= 44
    row.locator(".nm").click()
    assert addresses(page) == ["Élodie Dupré <elodie@dupre.test>"]
    expect(page.locator("#to")).to_be_focused()


def test_nothing_typed_is_taken_for_somebody_else(page):
    type_(page, "anna@lindgren.te")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    assert addresses(page) == ["anna@lindgren.te"]
    type_(page, "ann,")
    assert addresses(page)[1:] == ["ann"]
    expect(page.get_by_role("listbox")).to_have_count(0)


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_escape_closes_the_list_and_not_the_window(page):
    type_(page, "ann")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.wait_for_timeout(1_000)
    expect(page.locator("#to")).to_have_value("ann")
    assert "/compose/" in page.url
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(2)
    type_(page, "i")
    expect(options(page)).to_have_count(1)


def test_a_late_answer_changes_nothing_and_what_is_known_answers_at_once(page):
    """A slow line: the most used came when the field got the focus."""
    late = []
    page.route("**/compose/people/?q=a*", lambda route: late.append(route))
    type_(page, "a")
    expect(options(page)).to_have_count(3)  # Anna, Annika, and oneself; no answer came yet
    page.wait_for_timeout(300)
    page.keyboard.press("Backspace")
    type_(page, "eloxyz")
    expect(page.get_by_role("listbox")).to_have_count(0)
    for route in late:
        route.continue_()
    page.wait_for_timeout(300)
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.locator("#announce")).to_have_text("No suggestions")


def test_without_a_line_typing_goes_on(page):
    page.locator("#to").focus()
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    type_(page, "annik")
    expect(options(page)).to_have_count(1)
    page.wait_for_timeout(300)  # what it asks meanwhile fails
    page.keyboard.press("Enter")
    type_(page, "zoe@far.test")
    page.keyboard.press("Enter")
    assert addresses(page) == ["Annika Berg <annika@berg.test>", "zoe@far.test"]
    page.context.set_offline(False)


def test_who_is_forgotten_stays_away_until_settings_bring_them_back(page, hearth):
    type_(page, "annik")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Shift+Delete")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.locator("#announce")).to_contain_text("Annika Berg is not suggested any more")
    page.goto(f"{hearth.url}/compose/")
    page.locator("[data-editor]").wait_for()
    type_(page, "ann")
    expect(options(page)).to_have_count(1)
    page.goto(f"{hearth.url}/settings/people/")
    page.get_by_role("button", name="Suggest annika@berg.test again").click()
    page.goto(f"{hearth.url}/compose/")
    page.locator("[data-editor]").wait_for()
    type_(page, "annik")
    row = page.get_by_role("option", name="Annika Berg annika@berg.test")
    row.hover()
    row.locator(".x").click()
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.goto(f"{hearth.url}/settings/people/")
    page.get_by_role("button", name="Suggest annika@berg.test again").click()


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_axe_finds_nothing_while_people_are_offered(page):
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator("#to").fill("")
        type_(page, "ann")
        expect(options(page)).to_have_count(2)
        assert page.evaluate(RUN_AXE, RULES) == []


def test_a_list_is_offered_and_its_name_alone_is_its_people(page, hearth):
    page.goto(f"{hearth.url}/settings/people/")
    page.get_by_text("Add a list").click()
    page.locator("#new-name").fill("Cabin crew")
    page.locator("#new-members").fill("Anna <anna@lindgren.test>\nbo@cabin.test")
    page.get_by_role("button", name="Add list").click()
    page.get_by_text("Cabin crew").click()
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE, RULES) == []
    people = ["Anna <anna@lindgren.test>", "bo@cabin.test"]
    page.goto(f"{hearth.url}/compose/")
    page.locator("[data-editor]").wait_for()
    type_(page, "cab")
    expect(options(page).first).to_have_accessible_name("Cabin crew 2 people: Anna, bo@cabin.test")
    page.keyboard.press("Enter")
    assert addresses(page) == people
    expect(page.locator("#announce")).to_have_text("2 people of Cabin crew added")
    page.get_by_role("button", name="Bcc", exact=True).click()
    type_(page, "cabin crew,", selector="#bcc")
    assert addresses(page, "bcc") == people
    page.goto(f"{hearth.url}/settings/people/")
    page.get_by_text("Cabin crew").click()
    page.get_by_role("button", name="Remove").click()


def test_two_windows_offer_people_each_for_itself(page):
    page.get_by_role("link", name="Close and keep draft").click()
    for _ in range(2):
        page.get_by_role("link", name="Compose").first.click()
        page.wait_for_timeout(800)
    windows = page.locator("section[data-docked]")
    expect(windows).to_have_count(2)
    for number in range(2):
        field = windows.nth(number).get_by_role("combobox", name="To")
        field.press_sequentially("annik")
        expect(windows.nth(number).get_by_role("listbox").get_by_role("option")).to_have_count(1)
        expect(page.get_by_role("listbox")).to_have_count(1)
        own = windows.nth(number).get_by_role("listbox").get_attribute("id")
        assert own == field.get_attribute("aria-controls")
        assert page.locator(f"[id='{own}']").count() == 1
        field.press("Enter")
        expect(windows.nth(number).locator(".chip")).to_have_text("Annika Berg")


def test_a_message_is_sent_on_to_people_who_are_offered(page):
    page.goto(page.sent)
    link = page.locator("a.row-link").first.get_attribute("href")
    page.goto(f"{page.url.split('/mail/')[0]}{link.split('?')[0]}redirect/")
    field = page.get_by_role("combobox", name="To")
    field.press_sequentially("zoe@far.test, ann")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Enter")
    expect(field).to_have_value("zoe@far.test, Anna Lindgren <anna@lindgren.test>, ")
    field.press_sequentially("ann")
    expect(options(page)).to_have_count(1)
    page.evaluate(AXE)
    assert page.evaluate(RUN_AXE, RULES) == []
