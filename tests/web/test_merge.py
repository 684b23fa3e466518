"""One text to a list: seen first, a mail of their own for each, once, and stopped at any time."""

import re
from collections import namedtuple
from datetime import timedelta
from html import unescape

import pytest

from tests.web.forms import begin, upload
from webmail.accounts import disk
from webmail.submission import outbox
from webmail.submission.models import Mailing, Outgoing, State, StoredDraft
from webmail.web import merge

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

LIST = "name,mail,town\nAnna Weber,anna@example.org,Ulm\nBo Lind,bo@example.net,Kiel\n"


@pytest.fixture
def url(mara):
    action, fields = begin(mara, to="me@example.org", subject="Fete in {town}")
    fields["text"] = "Dear {first name}, come to {town}."
    return mara.post(action, fields | {"do": "go:merge"})["Location"]


def preview(mara, url, people=LIST, **more):
    return unescape(mara.post(url, {"do": "preview", "people": people} | more).content.decode())


def send(mara, url, people=LIST, **more):
    seen = StoredDraft.objects.first()
    fields = {"do": "send", "people": people, "seen": str(seen.revision) if seen else "1"}
    return mara.post(url, fields | more, follow=True)


def has_free(monkeypatch, free_bytes):
    usage = namedtuple("usage", "total used free")(10**12, 0, free_bytes)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage)


def page(client, url="/outbox/"):
    return unescape(client.get(url).content.decode())


def test_each_mail_is_shown_before_any_is_queued(mara, url):
    shown = preview(mara, url)
    assert "2 mails, as each is sent" in shown
    assert "Dear Anna, come to Ulm." in shown
    assert "Dear Bo, come to Kiel." in shown
    assert "Fete in Kiel" in shown
    assert "not me@example.org" in re.sub("<.*?>", "", shown)
    assert not Outgoing.objects.exists()


def test_everybody_gets_a_mail_of_their_own(mara, url):
    send(mara, url)
    rows = list(Outgoing.objects.order_by("send_at"))
    assert [row.rcpt_to for row in rows] == [["anna@example.org"], ["bo@example.net"]]
    assert len({row.message_id for row in rows}) == 2
    anna, bo = (outbox.wire_bytes(row).decode() for row in rows)
    assert "To: Anna Weber <anna@example.org>" in anna
    assert "Subject: Fete in Ulm" in anna
    assert "bo@" not in anna
    assert "Dear Bo, come to Kiel." in bo
    assert "me@example.org" not in anna + bo
    assert rows[1].send_at - rows[0].send_at == timedelta(seconds=2)
    assert not StoredDraft.objects.exists()


def test_the_form_sent_twice_sends_nothing_twice(mara, url):
    send(mara, url)
    assert "0 of 2 sent" in send(mara, url).content.decode()
    assert (Outgoing.objects.count(), Mailing.objects.count()) == (2, 1)


def test_what_was_not_seen_is_not_sent(mara, url):
    assert "as each is sent" in send(mara, url, seen="").content.decode()
    assert "as each is sent" in send(mara, url, seen="99").content.decode()
    assert not Outgoing.objects.exists()


def dies_at(monkeypatch, number):
    queue, calls = merge.outbox.queue, []

    def dies(**options):
        calls.append(options)
        if len(calls) == number:
            raise SystemError("killed")
        return queue(**options)

    monkeypatch.setattr(merge.outbox, "queue", dies)


def test_another_list_after_a_break_does_not_send_to_the_rest_of_the_first(mara, url, monkeypatch):
    """Only what was shown is sent, and these mails were shown for nobody of it."""
    dies_at(monkeypatch, 2)
    mara.raise_request_exception = False
    assert send(mara, url).status_code == 500
    answer = send(mara, url, people="cy@example.org\n", sure="1")
    assert answer.status_code == 422
    assert "begun for another list" in answer.content.decode()
    assert [row.rcpt_to for row in Outgoing.objects.all()] == [["anna@example.org"]]


def test_after_a_break_the_rest_is_queued_and_nothing_twice(mara, url, monkeypatch):
    dies_at(monkeypatch, 2)
    mara.raise_request_exception = False
    assert send(mara, url).status_code == 500
    mailing = Mailing.objects.get()
    assert "1 not queued yet" in page(mara, f"/mailing/{mailing.key}/")
    mara.post(f"/mailing/{mailing.key}/", {"do": "go_on"})
    to = Outgoing.objects.order_by("pk").values_list("rcpt_to", flat=True)
    assert list(to) == [["anna@example.org"], ["bo@example.net"]]
    assert not StoredDraft.objects.exists()


def test_it_can_be_stopped_and_says_how_far_it_was(mara, url):
    send(mara, url)
    Outgoing.objects.filter(rcpt_to=["anna@example.org"]).update(state=State.DONE)
    mailing = Mailing.objects.get()
    said = mara.post(f"/mailing/{mailing.key}/", {"do": "stop"}, follow=True).content.decode()
    assert "Stopped. 1 mail will not be sent." in said
    assert "1 of 2 sent; 1 stopped." in said
    row = Outgoing.objects.get(rcpt_to=["bo@example.net"])
    assert (row.state, row.wire_path, bytes(row.send_grant)) == (State.CANCELLED, "", b"")
    mara.post(f"/mailing/{mailing.key}/", {"do": "dismiss"})
    assert "Everything is sent" in page(mara)


def test_the_outbox_tells_of_the_list_and_only_what_is_wrong_by_itself(mara, url):
    send(mara, url)
    shown = page(mara)
    assert "0 of 2 sent; 2 wait." in shown
    assert "anna@example.org" not in shown
    Outgoing.objects.filter(rcpt_to=["anna@example.org"]).update(
        state=State.FAILED, trouble="refused", last_error="550 no such person"
    )
    shown = page(mara)
    assert "0 of 2 sent; 1 waits; 1 refused" in shown
    assert "550 no such person" in shown


def test_wrong_lines_are_told_before_and_get_nothing(mara, url):
    people = LIST + "Eve,eve at x,Rome\nAnna,ANNA@example.org,Ulm\n"
    shown = preview(mara, url, people)
    assert "These lines get no mail:" in shown
    assert "Line 4: “eve at x”" in shown
    assert "Line 5: ANNA@example.org stands above already" in shown
    send(mara, url, people)
    assert Outgoing.objects.count() == 2


def test_a_placeholder_that_nothing_fills_is_asked_about_for_each(mara, url):
    people = LIST.replace("Kiel", "")
    assert "The mail to Bo Lind <bo@example.net> still has {town} in it." in preview(
        mara, url, people
    )
    send(mara, url, people)
    assert not Outgoing.objects.exists()
    send(mara, url, people, sure="1")
    assert Outgoing.objects.count() == 2


def test_a_file_is_read_like_what_is_pasted(mara, url):
    shown = preview(mara, url, "", list=upload("list.csv", LIST.encode("utf-8-sig")))
    assert "Dear Anna, come to Ulm." in shown


def test_too_many_people_are_refused(mara, url, settings):
    settings.WEBMAIL_MERGE_PEOPLE = 1
    assert "The list has 2 people; 1 is the most" in preview(mara, url)
    send(mara, url)
    assert not Outgoing.objects.exists()


def test_an_administrator_may_offer_no_lists(mara, settings):
    assert "go:merge" in page(mara, "/compose/")
    settings.WEBMAIL_MERGE_PEOPLE = 0
    assert "go:merge" not in page(mara, "/compose/")


def test_a_value_cannot_bring_a_field_or_a_tag_along(mara, url):
    """T11, T46"""
    people = 'name,mail,town\nAnna,anna@example.org,"Ulm\r\nBcc: eve@x.example"\n'
    send(mara, url, people)
    row = Outgoing.objects.get()
    assert row.rcpt_to == ["anna@example.org"]
    head = outbox.wire_bytes(row).decode().partition("\r\n\r\n")[0]
    assert not re.search(r"(?mi)^Bcc:", head)


def test_an_empty_list_says_what_to_do(mara, url):
    assert "Paste a list" in preview(mara, url, "")


def test_a_list_that_the_disk_has_no_room_for_is_refused_before_any_is_queued(
    mara, url, monkeypatch
):
    has_free(monkeypatch, disk.LEAST_FREE_BYTES + 600)  # not enough for both
    shown = unescape(send(mara, url).content.decode())
    assert "These 2 mails would take " in shown
    assert "The disk of this server is full" in shown
    assert not Mailing.objects.exists()
    assert not Outgoing.objects.exists()
    has_free(monkeypatch, disk.LEAST_FREE_BYTES + 100_000)
    send(mara, url)
    assert Outgoing.objects.count() == 2


def test_how_far_it_is_can_be_heard(mara, url):
    send(mara, url)
    shown = page(mara, f"/mailing/{Mailing.objects.get().key}/")
    found = re.search(r'<progress [^>]*aria-labelledby="([^"]+)" aria-describedby="([^"]+)"', shown)
    name, words = found.groups()
    assert re.search(rf'<h2 [^>]*id="{name}"', shown)
    assert re.search(rf'<p [^>]*id="{words}" role="status"[^>]*>0 of 2 sent', shown)
    assert re.search(r"0 of 2 sent[^<]*</progress>", shown)
