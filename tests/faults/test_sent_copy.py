"""After acceptance: the Sent copy, \\Answered and the draft, whatever IMAP does (F27 to F31)."""

import contextlib

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.faults.rig import ADA
from tests.lab.dovecot import start_dovecot
from tests.lab.lab import HOST
from tests.lab.smtp_sink import Act

KILLED = -9
ORIGINAL = b"From: ben@hearth.test\r\nMessage-ID: <1@hearth.test>\r\nSubject: Q\r\n\r\nWhen?\r\n"


def source(rig, *, relation="reply"):
    """The fields of a draft that answers a message in Ada's inbox."""
    uid = rig.lab.append(ADA, "INBOX", ORIGINAL)
    return {
        "relation": relation,
        "source_mailbox": "INBOX",
        "source_uidvalidity": uidvalidity(rig, "INBOX"),
        "source_uid": uid,
    }


def uidvalidity(rig, mailbox):
    with rig.lab.imap(ADA) as client:
        return client.folder_status(mailbox, ["UIDVALIDITY"])[b"UIDVALIDITY"]


def flags(rig, uid):
    with rig.lab.imap(ADA) as client:
        client.select_folder("INBOX", readonly=True)
        return {flag.decode() for flag in client.get_flags([uid])[uid]}


@pytest.mark.parametrize(
    ("relation", "flag"),
    [("reply", "\\Answered"), ("reply_all", "\\Answered"), ("forward", "$Forwarded")],
)
def test_after_acceptance_the_copy_is_filed_the_original_marked_the_draft_gone(rig, relation, flag):
    answered = source(rig, relation=relation)
    copy = rig.lab.append(ADA, "Drafts", ORIGINAL)
    place = {
        "copy_mailbox": "Drafts",
        "copy_uidvalidity": uidvalidity(rig, "Drafts"),
        "copy_uid": copy,
    }
    draft = rig.do("draft", user=rig.user, **answered, **place)
    message = rig.queue(draft=draft, bcc=["chiyo@hearth.test"])
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["has_grant"], row["text"]) == ("done", False, "Sent.")
    assert (row["sent_copy"], row["answered_flag"], row["draft_cleanup"]) == ("done",) * 3
    assert flag in flags(rig, answered["source_uid"])
    assert rig.subjects_in("Drafts") == 0
    assert rig.do("drafts") == []
    assert rig.do("files") == []


def test_bcc_is_in_the_sent_copy_and_nowhere_on_the_wire(rig):
    rig.queue(bcc=["chiyo@hearth.test"])
    rig.do("catch_up")
    taken = rig.sink.taken[0]
    assert taken.rcpt_to == ("ben@hearth.test", "chiyo@hearth.test")
    assert b"chiyo" not in taken.content
    copy = rig.lab.raw(ADA, "Sent", rig.lab.uids(ADA, "Sent")[0])
    assert b"Bcc: <chiyo@hearth.test>\r\n" in copy
    assert copy.replace(b"Bcc: <chiyo@hearth.test>\r\n", b"") == taken.content


def test_the_sent_copy_is_seen_and_dated_when_the_server_took_it(rig):
    message = rig.queue()
    rig.do("deliver", outgoing_id=message)
    rig.do("pass_time", seconds=3600)
    rig.do("catch_up")
    with rig.lab.imap(ADA) as client:
        client.select_folder("Sent", readonly=True)
        (uid,) = client.search("ALL")
        fetched = client.fetch([uid], ["FLAGS", "INTERNALDATE"])[uid]
    assert b"\\Seen" in fetched[b"FLAGS"]
    accepted_at = rig.row(message)["accepted_at"]
    assert fetched[b"INTERNALDATE"].astimezone().isoformat()[14:19] == accepted_at[14:19]


def test_while_imap_is_away_the_mail_is_not_resent_and_the_copy_follows(rig):
    """F27: the copy has a counter of its own."""
    message = rig.queue()
    rig.imap.refuse()
    for _ in range(10):
        rig.do("catch_up")
        rig.do("pass_time", seconds=60)
    row = rig.row(message)
    assert (row["state"], row["sent_copy"]) == ("accepted", "pending")
    assert row["sent_copy_attempt"] >= 3
    assert "was sent, but could not be filed in Sent" in row["text"]
    assert len(rig.sink.taken) == 1
    rig.imap.refuse(refusing=False)
    rig.do("pass_time", seconds=3600)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1
    assert rig.subjects_in("Sent") == 1


def test_a_password_that_imap_refuses_is_tried_every_half_hour_at_most(rig):
    message = rig.queue()
    rig.do("deliver", outgoing_id=message)
    rig.do("reseal", outgoing_id=message, password="changed")
    rig.do("catch_up")
    assert rig.row(message)["sent_copy_attempt"] == 1
    rig.do("pass_time", seconds=29 * 60)
    rig.do("catch_up")
    assert rig.row(message)["sent_copy_attempt"] == 1
    rig.do("pass_time", seconds=2 * 60)
    rig.do("catch_up")
    assert rig.row(message)["sent_copy_attempt"] == 2
    assert len(rig.sink.taken) == 1


def test_when_the_answer_to_append_is_lost_there_is_one_copy(rig):
    """F29: Sent is searched for the Message-ID first."""
    message = rig.queue()
    rig.imap.cut_when(rb"OK \[APPENDUID")
    rig.do("catch_up")
    assert rig.imap.cuts
    assert rig.row(message)["sent_copy"] == "pending"
    assert rig.subjects_in("Sent") == 1
    rig.do("pass_time", seconds=120)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.subjects_in("Sent") == 1


def test_a_failing_copy_does_not_hold_up_the_other_steps(rig, full_mailbox):
    full_mailbox.fill()
    rig.person(ADA, imap_port=full_mailbox.port)
    draft = rig.do("draft", user=rig.user)
    message = rig.queue(draft=draft)
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["sent_copy"], row["draft_cleanup"]) == ("accepted", "pending", "done")
    assert rig.do("drafts") == []


def test_over_quota_the_bytes_are_kept_and_filed_when_there_is_room(rig, full_mailbox):
    """F28: the server's words are shown, the bytes kept."""
    full_mailbox.fill()
    rig.person(ADA, imap_port=full_mailbox.port)
    message = rig.queue()
    rig.do("catch_up")
    text = rig.row(message)["text"]
    assert "sent, but could not be filed in Sent" in text
    assert "Quota exceeded" in text
    for _ in range(30):
        rig.do("pass_time", seconds=3600)
        rig.do("catch_up")
    assert rig.row(message)["state"] == "accepted"
    assert len(rig.do("files")) == 1
    full_mailbox.empty()
    rig.do("pass_time", seconds=3600)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert full_mailbox.count("Sent") == 1
    assert len(rig.sink.taken) == 1


def test_after_fourteen_days_without_room_the_message_is_done_and_says_so(rig, full_mailbox):
    """F28: and kept after that, until their owner lets them go."""
    full_mailbox.fill()
    rig.person(ADA, imap_port=full_mailbox.port)
    message = rig.queue()
    rig.do("catch_up")
    rig.do("pass_time", seconds=15 * 24 * 3600)
    rig.do("catch_up")
    row = rig.row(message)
    assert (row["state"], row["sent_copy"]) == ("done", "failed")
    assert "no copy could be filed" in row["text"]
    assert len(rig.do("files")) == 1  # until the sender has downloaded or discarded it
    assert len(rig.sink.taken) == 1


def test_a_missing_sent_mailbox_is_made_again(rig):
    """F30: the mailboxes are asked for each time."""
    with rig.lab.imap(ADA) as client:
        client.rename_folder("Sent", "Old letters")
    try:
        message = rig.queue()
        rig.do("catch_up")
        assert rig.row(message)["state"] == "done"
        assert rig.subjects_in(rig.row(message)["sent_copy_mailbox"]) == 1
    finally:
        with rig.lab.imap(ADA) as client:
            client.delete_folder("Old letters")


def test_a_server_that_files_by_itself_leaves_one_copy(rig):
    """F31: also where no table names the provider, its copy is found before ours is filed."""
    message = rig.queue()
    filed = Act(call=lambda: rig.lab.append(ADA, "Sent", rig.sink.taken[-1].content))
    rig.sink.plan("end", filed)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.subjects_in("Sent") == 1


@pytest.mark.parametrize("unheard", [rb"OK \[APPENDUID", rb"\* (VANISHED|\d+ EXPUNGE)"])
def test_a_draft_whose_saver_is_killed_midway_has_a_copy(rig, unheard):
    """F35: the new copy is there before the old one goes, whenever kill -9 comes."""
    draft = rig.do("draft", user=rig.user)
    rig.do("make_copy", draft=draft, text="One")
    rig.imap.swallow(unheard)
    before = rig.imap.swallows
    saver = rig.begin("make_copy", draft=draft, text="Two")
    rig.wait(lambda: rig.imap.swallows > before)
    rig.kill(saver)
    assert rig.end_of(saver) == KILLED
    rig.imap.swallow(None)
    uids = rig.lab.uids(ADA, "Drafts")
    assert uids
    assert b"Two" in rig.lab.raw(ADA, "Drafts", max(uids))
    rig.do("make_copy", draft=draft, text="Three")
    (uid,) = rig.lab.uids(ADA, "Drafts")
    assert b"Three" in rig.lab.raw(ADA, "Drafts", uid)


def test_an_original_that_is_gone_is_passed_over(rig):
    draft = rig.do("draft", user=rig.user, **source(rig) | {"source_uid": 4_000_000})
    message = rig.queue(draft=draft)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"


class FullMailbox:
    """A Dovecot of its own whose users may keep 20 KB."""

    def __init__(self, lab, folder):
        folder.chmod(0o755)
        self._lab = lab
        self.server = start_dovecot(folder, lab.users, lab.authority.good, quota_kib=20)
        self.port = self.server.ports["imap"]

    def _client(self):
        client = IMAPClient(HOST, self.port, ssl=False, timeout=30)
        client.login(ADA, self._lab.users[ADA])
        return client

    def fill(self):
        """Leaves no room for even a short message."""
        self.empty()
        with self._client() as client:
            client.append("INBOX", ORIGINAL + b"filler\r\n" * 2400)
            with contextlib.suppress(IMAPClientError):
                for _ in range(100):
                    client.append("INBOX", ORIGINAL)

    def empty(self):
        with self._client() as client:
            for mailbox in ("INBOX", "Sent"):
                client.select_folder(mailbox)
                client.delete_messages(client.search("ALL") or [1], silent=True)
                client.expunge()

    def count(self, mailbox):
        with self._client() as client:
            return client.folder_status(mailbox, ["MESSAGES"])[b"MESSAGES"]


@pytest.fixture(scope="module")
def full_mailbox(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    folder.parent.chmod(0o755)
    mailbox = FullMailbox(lab, folder)
    yield mailbox
    mailbox.server.stop()
