"""The password asked for again in Settings, with a script and without (T61)."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from start.hearth import ROOT
from tests.browser.arrival import arrive
from tests.browser.test_repeating import check_axe

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
AGE = """
from importlib import import_module
from django.conf import settings
from django.contrib.sessions.models import Session
store = import_module(settings.SESSION_ENGINE).SessionStore
for key in Session.objects.values_list("session_key", flat=True):
    session = store(key)
    session["proven_at"] = session.get("proven_at", 0) - 600
    session.save()
"""


def wait_ten_minutes(hearth):
    command = [sys.executable, "manage.py", "shell", "-c", AGE]
    environment = {**hearth.environment}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(("size", "has_script"), [((390, 844), True), ((1440, 900), False)])
def test_a_server_is_changed_after_the_password_and_keeps_what_was_typed_t61(
    chromium, hearth, lab, size, has_script
):
    viewport = {"width": size[0], "height": size[1]}
    context = chromium.new_context(viewport=viewport, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    arrive(page, hearth, lab, "/settings/identities/")
    wait_ten_minutes(hearth)
    form = page.locator(".server-form").first
    form.locator("summary").click()
    form.get_by_label("Server").fill("smtp.nowhere.example")
    form.get_by_label("User name").fill("ada.l")
    form.get_by_label("Password").fill("of-the-server")
    form.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("heading", name="Your password, please")).to_be_visible()
    assert "of-the-server" not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if has_script:
        check_axe(page)
    page.get_by_label("Password of").fill("guess")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("did not accept this password")
    page.get_by_label("Password of").fill(lab.users[ADA])
    page.get_by_role("button", name="Go on").click()
    # It was tried then: there is no such server, and what was typed stands in the form.
    expect(page.get_by_text("Not saved.")).to_be_visible()
    form = page.locator(".server-form").first
    expect(form.get_by_label("Server")).to_have_value("smtp.nowhere.example")
    expect(form.get_by_label("User name")).to_have_value("ada.l")
    context.close()
