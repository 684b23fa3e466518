"""Notifications: turned on in a real Chromium, and its service worker hears a push."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_docked_windows import open_mailbox
from tests.browser.test_repeating import check_axe

pytestmark = pytest.mark.xdist_group("browser")
# A headless Chromium has no push service to ask.
SUBSCRIBE = """PushManager.prototype.subscribe = async () => ({toJSON: () => ({
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
  keys: {auth: "BTBZMqHH6r4Tts7J_aSIgg", p256dh:
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}})});
Notification.requestPermission = async () => "granted";"""


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
def test_a_browser_is_turned_on_hears_a_push_and_is_removed(chromium, hearth, lab, size):
    page = open_mailbox(chromium, hearth, lab, *size)
    page.context.grant_permissions(["notifications"], origin=hearth.url)
    page.add_init_script(SUBSCRIBE)
    page.goto(f"{hearth.url}/settings/notifications/")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        check_axe(page)
    page.get_by_role("button", name="Turn on here").click()
    expect(page.locator(".set", has_text="(this browser)")).to_be_visible()
    check_axe(page)
    assert deliver(page, hearth.url) == ["A message could not be sent"]
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No browser is on.")).to_be_visible()
    assert page.faults == []
    page.context.close()


def deliver(page, url):
    """The titles that are shown after a push, as the browser hands one over."""
    tools, found = page.context.new_cdp_session(page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.append(told))
    tools.send("ServiceWorker.enable")
    page.wait_for_timeout(500)
    number = found[-1]["registrations"][-1]["registrationId"]
    told = {"origin": url, "registrationId": number, "data": '{"kind": "failed"}'}
    tools.send("ServiceWorker.deliverPushMessage", told)
    page.wait_for_timeout(1000)
    return page.evaluate(
        "async () => (await (await navigator.serviceWorker.ready).getNotifications())"
        ".map(({ title }) => title)"
    )
