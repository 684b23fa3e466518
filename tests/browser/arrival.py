"""Somebody who is signed in before a test begins: the form itself is tried in test_main_job."""

import re

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ADA = "ada@hearth.test"


def arrive(page, hearth, lab, at: str = "/mail/", *, address: str = ADA) -> str:
    """Signs in without drawing a page, then opens ``at``; the URL of the inbox."""
    door, ask = f"{hearth.url}/sign-in/", page.context.request
    token = _TOKEN.search(ask.get(door).text())[1]
    form = {"csrfmiddlewaretoken": token, "address": address, "password": lab.users[address]}
    inbox = ask.post(door, form=form, headers={"Referer": door}).url
    assert "/mail/" in inbox, inbox
    page.goto(f"{hearth.url}{at}")
    return inbox
