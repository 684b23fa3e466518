"""A compose window as a part of the mailbox's page, and what its script is answered."""

import re

import pytest

from tests.web.forms import begin
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
JSON = {"Accept": "application/json"}


def test_a_part_is_the_window_alone_with_ids_of_its_own(mara):
    one, two = (mara.part("/compose/").content.decode() for _ in range(2))
    assert "<!doctype" not in one
    assert "data-docked" in one
    ids = [set(re.findall(r'\bid="([^"]+)"', part)) - {"notices"} for part in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for part, own in zip((one, two), ids, strict=True):
        named = re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', part)
        assert named
        assert set(named) <= own


def test_the_page_keeps_its_ids_and_docks_nothing(mara):
    page = mara.get("/compose/").content.decode()
    assert 'id="to"' in page
    assert "data-docked" not in page
    assert "is-page" in page


def test_a_stored_draft_opens_as_a_part_too(mara):
    action, fields = begin(mara, subject="The oak")
    mara.post(action, fields | {"do": "save"})
    part = mara.part(action).content.decode()
    assert 'value="The oak"' in part
    assert "Saved in Drafts." in part  # it is said here, not on the next page
    assert "Saved in Drafts." not in mara.get(action).content.decode()


@pytest.mark.parametrize(("docked", "is_said"), [({"docked": "1"}, True), ({}, False)])
def test_what_is_sent_says_so_in_the_page_that_stays(mara, docked, is_said):
    action, fields = begin(mara, to="a@hearth.example")
    answer = mara.post(action, fields | docked | {"do": "send"}, headers=JSON).json()
    assert ("Sending in" in answer.get("notices", "")) is is_said
    assert ("data-undo" in answer.get("notices", "")) is is_said
    assert Outgoing.objects.count() == 1
    assert ("Sending in" in mara.get("/compose/").content.decode()) is not is_said


def test_what_is_discarded_says_so_too(mara):
    action, fields = begin(mara)
    mara.post(action, fields | {"do": "save"})
    answer = mara.post(action, {"do": "discard", "sure": "1", "docked": "1"}, headers=JSON).json()
    assert "Draft discarded." in answer["notices"]
    assert not StoredDraft.objects.exists()
