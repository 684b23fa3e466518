"""Recipients as chips: pasted in any shape, marked as one types, edited, moved, and sent."""

import email
import email.policy

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    arrive(page, hearth, lab, "/compose/")
    page.locator("[data-editor]").wait_for()
    yield page
    assert page.faults == []
    context.close()


def paste(page, text, selector="#to"):
    page.locator(selector).focus()
    page.evaluate(
        """text => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const told = { clipboardData, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
        }""",
        text,
    )


def addresses(page, field="to"):
    line = page.locator(".line", has=page.locator(f"[name={field}]"))
    return [chip.get_attribute("data-address") for chip in line.locator(".chip").all()]


def type_into(page, *texts, selector="#to"):
    for text in texts:
        page.locator(selector).fill(text)
        page.locator(selector).press("Enter")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.test, b@y.test;c@z.test\nd@w.test", ["a@x.test", "b@y.test", "c@z.test", "d@w.test"]),
        ("Family: a@x.test, Ben <b@y.test>;", ["a@x.test", "Ben <b@y.test>"]),
        ('"Okafor, Jonas" <j@x.test>, b@y.test', ['"Okafor, Jonas" <j@x.test>', "b@y.test"]),
        ("Okafor, Jonas <j@x.test>; b@y.test", ['"Okafor, Jonas" <j@x.test>', "b@y.test"]),
        ("a@x.test b@y.test", ["a@x.test", "b@y.test"]),
        ("Ann <a@x.test> Ben <b@y.test>", ["Ann <a@x.test>", "Ben <b@y.test>"]),
        (
            "Name\tMail\r\nAnn\tLind\ta@x.test\r\nb@y.test\tBen\t08-123\r\nnobody\r\n",
            ["Ann Lind <a@x.test>", "Ben <b@y.test>", "nobody"],
        ),
    ],
)
def test_a_list_of_any_shape_is_pasted_as_people(page, text, expected):
    paste(page, text)
    assert addresses(page) == expected
    expect(page.locator("#to")).to_be_focused()
    expect(page.locator("#to")).to_have_value("")


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_wrong_one_says_why_and_stops_nobody_from_typing(page):
    type_into(page, "ben@hearth.test", "ben@@hearth.test")
    bad = page.locator(".chip.bad")
    expect(bad).to_have_count(1)
    words = page.locator(".line .words:visible")
    expect(words).to_have_text("“ben@@hearth.test” is not a mail address: it needs exactly one @.")
    expect(page.locator("#announce")).to_contain_text("needs exactly one @")
    page.locator("#to").fill("eve@-.test")
    expect(words).to_contain_text("“ben@@")
    bad.locator(".name").press("Enter")
    expect(page.locator("#to")).to_have_value("ben@@hearth.test")
    page.locator("#to").fill("bea@hearth.test")
    page.locator("#to").press("Enter")
    expect(page.locator(".line .words:visible")).to_contain_text("eve@-.test")


def test_what_is_still_being_typed_is_told_too(page):
    page.locator("#to").press_sequentially("eve@-.test")
    expect(page.locator(".line .words:visible")).to_contain_text(
        "the part after the @ is no domain"
    )
    page.locator("#to").fill("eve@hearth.test")
    expect(page.locator(".line .words:visible")).to_have_count(0)
    expect(page.locator("#to")).to_be_focused()


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_the_keyboard_walks_edits_removes_and_moves(page):
    type_into(page, "ann@x.test", "ben@y.test", "cid@z.test")
    page.locator("#to").press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    focused = page.locator(":focus")
    expect(focused).to_have_accessible_name("ben@y.test")
    page.keyboard.press("Enter")
    expect(page.locator("#to")).to_have_value("ben@y.test")
    page.locator("#to").fill("bea@y.test")
    page.keyboard.press("Enter")
    assert addresses(page) == ["ann@x.test", "bea@y.test", "cid@z.test"]
    page.locator("#to").press("Backspace")
    page.keyboard.press("Control+x")
    assert addresses(page) == ["ann@x.test", "bea@y.test"]
    page.get_by_role("button", name="Cc", exact=True).click()
    page.locator("#cc").focus()
    page.keyboard.press("Control+v")
    assert addresses(page, "cc") == ["cid@z.test"]
    page.locator("#to").press("Backspace")
    page.keyboard.press("Delete")
    assert addresses(page) == ["ann@x.test"]


def test_a_chip_is_dragged_to_another_field_and_opened_by_two_clicks(page):
    type_into(page, "ann@x.test", "ben@y.test")
    page.get_by_role("button", name="Bcc", exact=True).click()
    page.locator(".chip", has_text="ben@").drag_to(page.locator("#bcc"))
    assert (addresses(page), addresses(page, "bcc")) == (["ann@x.test"], ["ben@y.test"])
    page.locator(".chip", has_text="ann@").dblclick()
    expect(page.locator("#to")).to_have_value("ann@x.test")


def test_who_stands_in_two_fields_is_marked_in_the_second(page):
    type_into(page, "Ben <ben@hearth.test>")
    page.get_by_role("button", name="Cc", exact=True).click()
    type_into(page, "BEN@hearth.test", selector="#cc")
    twice = page.locator(".chip.twice")
    expect(twice).to_have_count(1)
    twice.locator(".name").focus()
    expect(page.locator(".line .words:visible")).to_have_text(
        "This address is in To too; it gets the message once."
    )


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_a_look_alike_is_marked_and_a_domain_is_read_in_its_letters(page, lab):
    type_into(page, "ann@gmial.com", "bo@bücher.test", "cy@p\u0430ypal.com")
    expect(page.locator(".chip.caution")).to_have_count(2)
    expect(page.locator(".line .words:visible")).to_contain_text("gmial.com looks like gmail.com")
    fine = page.get_by_role("button", name="bo@bücher.test, Sent as bo@xn--bcher-kva.test.")
    expect(fine).to_be_visible()
    expect(page.locator(".chip", has_text="cy@xn--")).to_be_visible()
    page.locator("#subject").fill("Letters")
    save_now(page)
    page.reload()
    expect(page.locator(".chip")).to_have_count(3)
    raw = lab.newest(ADA, "Drafts")
    to = email.message_from_bytes(raw, policy=email.policy.default)["To"]
    assert "bo@xn--bcher-kva.test" in str(to)


def test_the_fields_are_kept_with_their_people_when_the_server_never_saw_them(page, hearth):
    """F32: the chips' own entry has the id of its field, which must not stand in for it."""
    page.context.set_offline(True)
    type_into(page, "ann@x.test")
    page.locator("#subject").fill("The elm")
    page.wait_for_timeout(1_500)
    page.close(run_before_unload=False)
    context = page.context
    context.set_offline(False)
    after = context.new_page()
    after.goto(f"{hearth.url}/compose/")
    after.get_by_role("button", name="Restore it").click()
    expect(after.locator("#subject")).to_have_value("The elm")
    expect(after.locator(".chip")).to_have_text(["ann@x.test"])
