"""A window's own earlier words are no other device's (F34): ``submission/marks.py``."""

import pytest

from tests.web.forms import begin, form_of
from webmail.submission.marks import read_marks
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ONE, TWO, THREE = "0000000000000001", "0000000000000002", "0000000000000003"


@pytest.fixture
def draft(mara):
    """Posts to one draft, as the window of revision 0 unless told otherwise."""
    action, fields = begin(mara, to="jonas@hearth.example", text="Zero")

    def post(text, marks="", act="save", **more):
        said = fields | {"do": act, "text": text, "marks": marks} | more
        return mara.post(action, said, headers={"accept": "application/json"})

    return post


def texts():
    return sorted(row.fields["text"] for row in StoredDraft.objects.all())


def test_an_answer_that_was_lost_makes_no_second_draft(draft):
    draft("One", f"{ONE}.1")
    answer = draft("One and more", f"{ONE}.2")  # the window still believes that it is at 0
    assert answer.status_code == 200
    assert answer.json()["revision"] == 2
    assert texts() == ["One and more"]


def test_the_next_page_goes_on_from_what_the_one_before_left_on_its_way(draft):
    draft("One", f"{ONE}.1")
    assert draft("One!", f"{ONE}.1 {TWO}.1").status_code == 200
    assert draft("One!?", f"{ONE}.1 {TWO}.1 {THREE}.1").status_code == 200
    assert texts() == ["One!?"]


def test_words_that_come_late_change_nothing(draft):
    draft("One!", f"{ONE}.1 {TWO}.1")
    answer = draft("One", f"{ONE}.1")
    assert answer.status_code == 200
    assert "conflict" not in answer.json()
    assert texts() == ["One!"]


def test_late_words_of_a_message_that_was_sent_make_no_draft(draft):
    assert draft("One!", f"{ONE}.1 {TWO}.1", act="send").status_code == 201
    assert draft("One", f"{ONE}.1").status_code == 200
    assert texts() == ["One!"]


def test_what_is_sent_is_what_stood_there_when_send_was_pressed(draft):
    draft("Zero", f"{ONE}.1")
    draft("One and half a wo", f"{ONE}.3")  # the page went while Send was on its way
    assert draft("One", f"{ONE}.2", act="send").status_code == 201
    assert texts() == ["One"]
    assert Outgoing.objects.count() == 1


@pytest.mark.parametrize("between", ["", f"{TWO}.1"])
def test_what_another_has_written_meanwhile_is_not_overwritten(draft, between):
    """Another window, or a page without script, which has no marks."""
    draft("One", f"{ONE}.1")
    draft("Another's", between, revision="1")
    answer = draft("One and more", f"{ONE}.2")
    assert answer.status_code == 409
    assert texts() == ["Another's", "One and more"]


def test_two_without_marks_are_told_apart_by_the_revision(draft):
    draft("One")
    assert draft("Two").status_code == 409
    assert texts() == ["One", "Two"]


def test_a_conflict_whose_answer_was_lost_makes_one_draft(draft):
    draft("Another's", f"{TWO}.1")
    first = draft("One", f"{ONE}.1")
    second = draft("One and more", f"{ONE}.2")
    assert first.status_code == second.status_code == 409
    assert first.json()["key"] == second.json()["key"]
    assert texts() == ["Another's", "One and more"]


def test_a_window_is_drawn_with_the_marks_of_its_words(mara, draft):
    url = draft("One", f"{ONE}.1 {TWO}.4").json()["url"]
    assert f'data-marks="{ONE}.1 {TWO}.4"' in mara.get(url).content.decode()
    _, fields = form_of(mara.get(url))
    assert "marks" not in fields  # who writes without script has none


def test_marks_that_make_no_sense_are_none():
    for text in ("x", "0000000000000001", ".1", "A000000000000000.1", "0" * 40 + ".1", "a" * 9):
        assert read_marks(text) == ()
    many = " ".join(f"{number:016d}.1" for number in range(20))
    assert [each.window for each in read_marks(many)] == [f"{n:016d}" for n in range(12, 20)]
    assert str(read_marks(f"{ONE}.3 {TWO}.1 {ONE}.2")) == f"{TWO}.1 {ONE}.3"
