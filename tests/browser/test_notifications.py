"""Notifications: turned on in a real Chromium, and its service worker hears a push."""

import pytest
from playwright.sync_api import expect

from tests.browser.docked import open_mailbox
from tests.browser.test_repeating import check_axe

pytestmark = pytest.mark.xdist_group("browser")
# A headless Chromium has no push service to ask.
SUBSCRIBE = """PushManager.prototype.subscribe = async () => ({toJSON: () => ({
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
  keys: {auth: "BTBZMqHH6r4Tts7J_aSIgg", p256dh:
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}})});
Notification.requestPermission = async () => "granted";"""


@pytest.mark.parametrize("size", [(390, 844)], ids=["phone"])
def test_a_browser_is_turned_on_hears_a_push_and_is_removed(chromium, hearth, lab, size):
    page = open_mailbox(chromium, hearth, lab, *size)
    page.context.grant_permissions(["notifications"], origin=hearth.url)
    page.add_init_script(SUBSCRIBE)
    page.goto(f"{hearth.url}/settings/notifications/")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished))")
        check_axe(page)
    page.get_by_role("button", name="Turn on here").click()
    expect(page.locator(".set", has_text="(this browser)")).to_be_visible()
    check_axe(page)
    assert deliver(page, hearth.url) == ["A message could not be sent"]
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No browser is on.")).to_be_visible()
    assert page.faults == []
    page.context.close()


# A click that no hand made may open nothing, so what it would open is written down.
CLICK = """async (kind) => {
  const asked = [];
  self.clients.openWindow = async (page) => { asked.push(`opens ${page}`); };
  WindowClient.prototype.focus = async function () {
    asked.push(`shows ${new URL(this.url).pathname}`);
  };
  const shown = await self.registration.getNotifications();
  const notification = shown.find(({ data }) => data === kind);
  const event = new NotificationEvent("notificationclick", { notification });
  const waits = [];
  event.waitUntil = (promise) => waits.push(promise);
  self.dispatchEvent(event);
  await Promise.all(waits);
  const left = await self.registration.getNotifications();
  return [asked, left.some(({ data }) => data === kind)];
}"""


def test_new_mail_is_told_only_to_whoever_does_not_look_at_hearth(chromium, hearth, lab):
    page = turned_on(chromium, hearth, lab)
    assert deliver(page, hearth.url, "mail") == []
    assert deliver(page, hearth.url, "failed") == ["A message could not be sent"]
    page.goto("about:blank")
    assert deliver(page, hearth.url, "mail") == ["A message could not be sent", "New mail"]
    page.context.close()


def test_a_click_shows_the_page_that_is_open_or_opens_one(chromium, hearth, lab):
    page = turned_on(chromium, hearth, lab)
    (worker,) = page.context.service_workers
    deliver(page, hearth.url, "failed")
    assert worker.evaluate(CLICK, "/outbox/") == [["opens /outbox/"], False]
    page.goto(f"{hearth.url}/outbox/")
    deliver(page, hearth.url, "failed")
    assert worker.evaluate(CLICK, "/outbox/") == [["shows /outbox/"], False]
    page.context.close()


def turned_on(chromium, hearth, lab):
    page = open_mailbox(chromium, hearth, lab, 1440, 900)
    page.context.grant_permissions(["notifications"], origin=hearth.url)
    page.add_init_script(SUBSCRIBE)
    page.goto(f"{hearth.url}/settings/notifications/")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.locator(".set", has_text="(this browser)")).to_be_visible()
    return page


def deliver(page, url, kind="failed"):
    """The titles that are shown after a push, as the browser hands one over."""
    tools, found = page.context.new_cdp_session(page), []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.append(told))
    tools.send("ServiceWorker.enable")
    page.wait_for_timeout(500)
    number = found[-1]["registrations"][-1]["registrationId"]
    told = {"origin": url, "registrationId": number, "data": f'{{"kind": "{kind}"}}'}
    tools.send("ServiceWorker.deliverPushMessage", told)
    page.wait_for_timeout(1000)
    (worker,) = page.context.service_workers
    return worker.evaluate(
        "async () => (await self.registration.getNotifications()).map(({ title }) => title).sort()"
    )
