"""Being reminded of a mail that nobody answered: chosen beside Send, and shown when it is time."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from start.hearth import ROOT
from tests.browser.arrival import arrive
from tests.browser.test_quality import AXE, RULES, RUN_AXE

pytestmark = pytest.mark.xdist_group("browser")
ADA = "ada@hearth.test"
# What the clock does in three days, and beat every minute.
TIME_PASSES = """
from datetime import timedelta
from django.utils import timezone
from webmail.submission.models import FollowUp
from webmail.web import answer_arrivals
past = timezone.now() - timedelta(minutes=11)
FollowUp.objects.update(remind_at=past)
FollowUp.objects.filter(asked_at__isnull=False).update(asked_at=past)
answer_arrivals.remind()
"""


def let_time_pass(hearth):
    command = [sys.executable, "manage.py", "shell", "-c", TIME_PASSES]
    subprocess.run(command, env=hearth.environment, cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize(("size", "has_script"), [((390, 844), True), ((1440, 900), False)])
def test_a_mail_that_nobody_answered_comes_back_and_its_answer_ends_that(
    chromium, hearth, lab, size, has_script
):
    lab.clear()
    viewport = dict(zip(("width", "height"), size, strict=True))
    context = chromium.new_context(viewport=viewport, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(15_000)
    subject = f"Firewood {size[0]} {has_script}"
    arrive(page, hearth, lab, f"/compose/?to=ben@hearth.test&body=Well%3F&subject={subject}")
    page.locator("summary[aria-label='Send later']:visible").first.click()
    page.locator("select[name=remind]:visible").select_option("3")
    page.locator("button[value=send]:visible").first.click()
    expect(page.get_by_text("If nobody answers, you are reminded on").first).to_be_visible()
    lab.wait_for(ADA, "Sent", timeout_s=30)
    page.goto(f"{hearth.url}/waiting/")
    expect(page.locator(".outgoing", has_text=subject)).to_contain_text("You are reminded on")
    let_time_pass(hearth)
    page.goto(f"{hearth.url}/mail/")
    expect(
        page.get_by_text(re.compile(r"Nobody has answered (one|\d+) of your mails")).first
    ).to_be_visible()
    page.locator("#outbox-alert a", has_text="Waiting for answers").click()
    row = page.locator(".outgoing", has_text=subject)
    expect(row).to_contain_text("Nobody has answered.")
    if has_script:
        page.evaluate(AXE)
        assert page.evaluate(RUN_AXE, RULES) == []
    row.get_by_role("link", name="Write again").click()
    expect(page.locator("[name=subject]")).to_have_value(f"Re: {subject}")
    raw = lab.raw(ADA, "Sent", lab.uids(ADA, "Sent")[0]).decode()
    head = next(line for line in raw.splitlines() if line.lower().startswith("message-id:"))
    answer = (
        f"From: ben@hearth.test\r\nTo: {ADA}\r\nSubject: Re\r\nIn-Reply-To:{head[11:]}\r\n\r\nYes"
    )
    lab.append(ADA, "INBOX", answer.encode())
    let_time_pass(hearth)
    page.goto(f"{hearth.url}/waiting/")
    expect(page.locator(".outgoing", has_text=subject)).to_have_count(0)
    context.close()
