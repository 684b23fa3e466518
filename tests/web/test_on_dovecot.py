"""Reading and acting on a real server."""

import base64
import re
import resource
import time

import pytest
from django.test import Client

from tests.web.letters import letter
from webmail.accounts import connect
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.web import reading
from webmail.web.paths import mailbox_url

pytestmark = pytest.mark.django_db(transaction=True)
MIB = 1024 * 1024


@pytest.fixture
def ada(lab, settings):
    settings.WEBMAIL_IMAP = parse_endpoint(lab.imaps_url, "imap")
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    reading.forget_all()
    lab.clear()
    client = Client()
    address = min(lab.users)
    answer = client.post("/sign-in/", {"address": address, "password": lab.users[address]})
    assert answer.status_code == 303, answer.content
    client.address = address
    client.key = User.objects.get(address=address).accounts.get().key
    client.inbox = mailbox_url(client.key, "INBOX")
    yield client
    connect.pool.close()


def rows_of(answer):
    return re.findall(r'<li class="row[^"]*" data-ref="([^"]+)"', answer.content.decode())


def commands():
    accounts = connect.pool._accounts.values()
    return sum(warm.store.commands_sent for account in accounts for warm in account.warm)


def cost(act):
    """How many IMAP commands it takes on the warm session."""
    before = commands()
    act()
    return commands() - before


def large_message(mebibytes):
    content = base64.encodebytes(bytes(range(256)) * (mebibytes * MIB // 256))
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nThe film.\r\n--b\r\n"
        b"Content-Type: video/mp4; name=film.mp4\r\nContent-Disposition: attachment; "
        b"filename=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + content.replace(b"\n", b"\r\n")
        + b"\r\n--b--\r\n"
    )
    head = letter("Film", "", kind="multipart/mixed; boundary=b").rstrip(b"\r\n")
    return head + b"\r\n\r\n" + body


def test_a_message_is_listed_read_archived_and_brought_back(ada, lab):
    lab.append(ada.address, "INBOX", letter("Firewood"))
    (ref,) = rows_of(ada.get(ada.inbox))
    assert "Is there any?" in ada.get(f"/mail/{ref}/").content.decode()
    assert lab.uids(ada.address, "INBOX", "SEEN")
    ada.post("/mail/actions/", {"do": "archive", "ref": ref})
    assert not lab.uids(ada.address, "INBOX", "ALL")
    assert lab.uids(ada.address, "Archive", "ALL")
    token = re.search(r'name="token" value="([^"]+)"', ada.get(ada.inbox).content.decode())
    ada.post("/undo/", {"token": token.group(1)})
    assert lab.uids(ada.address, "INBOX", "ALL")


@pytest.mark.parametrize("name", ["Möbel & Co", "旅行", "50 % off", "a;b,c", "Line/Deep"])
def test_every_name_of_a_folder_works_through_all_its_urls(name, ada, lab):
    with lab.imap(ada.address) as imap:
        if not imap.folder_exists(name):
            imap.create_folder(name)
    lab.append(ada.address, "INBOX", letter("Here"))
    (ref,) = rows_of(ada.get(ada.inbox))
    answer = ada.post("/mail/actions/", {"do": "move", "ref": ref, "target": name})
    assert answer.status_code == 303
    (ref,) = rows_of(ada.get(mailbox_url(ada.key, name)))
    assert ada.get(f"/mail/{ref}/").status_code == 200
    ada.post("/mail/actions/", {"do": "flag", "ref": ref})
    found = ada.get("/search/?q=is%3Aflagged")
    assert rows_of(found) == [ref]


def test_an_unwatched_list_on_a_warm_session_costs_five_commands(ada, lab):
    for number in range(60):
        lab.append(ada.address, "INBOX", letter(f"Letter {number}"))
    ada.get(ada.inbox)
    # NOOP (the inbox is open), STATUS of Sent, NOOP and LIST with the counts.
    assert cost(lambda: ada.get(ada.inbox)) <= 5


def test_reading_costs_few_commands(ada, lab):
    for number in range(60):
        lab.append(ada.address, "INBOX", letter(f"Letter {number}"))
    refs = rows_of(ada.get(ada.inbox))
    # Nobody watches: the inbox, Sent and the list of folders are each asked whether they changed.
    assert cost(lambda: ada.get(f"/mail/{refs[3]}/")) <= 8
    assert cost(lambda: ada.get(f"/mail/{refs[4]}/", headers={"HX-Request": "true"})) <= 10


def test_the_frame_of_an_open_message_asks_the_server_nothing(ada, lab):
    lab.append(ada.address, "INBOX", letter(text="<p>Hi</p>", kind="text/html"))
    (ref,) = rows_of(ada.get(ada.inbox))
    ada.get(f"/mail/{ref}/")
    assert cost(lambda: ada.get(f"/mail/{ref}/body/")) == 0


def test_opening_a_message_with_thirty_mebibytes_moves_a_few_kilobytes(ada, lab, monkeypatch):
    lab.append(ada.address, "INBOX", large_message(30))
    (ref,) = rows_of(ada.get(ada.inbox))
    began = time.monotonic()
    counted = _count_octets(monkeypatch, lambda: ada.get(f"/mail/{ref}/"))
    assert "film.mp4" in counted.answer.content.decode()
    assert counted.octets < 40_000
    assert time.monotonic() - began < 2


def test_forty_mebibytes_come_through_whole_in_little_memory(ada, lab):
    lab.append(ada.address, "INBOX", large_message(40))
    (ref,) = rows_of(ada.get(ada.inbox))
    answer = ada.get(f"/mail/{ref}/part/2/")
    pieces = iter(answer.streaming_content)
    next(pieces)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(map(len, pieces))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answer.close()
    assert size > 39 * MIB
    assert grown_kib < 8 * 1024


class _Counted:
    octets = 0
    answer = None


def _count_octets(monkeypatch, act):
    import ssl

    counted = _Counted()
    for name in ("recv", "recv_into", "read"):
        genuine = getattr(ssl.SSLSocket, name)

        def counting(self, *args, genuine=genuine, name=name):
            taken = genuine(self, *args)
            if name != "read":
                counted.octets += taken if isinstance(taken, int) else len(taken)
            return taken

        monkeypatch.setattr(ssl.SSLSocket, name, counting)
    counted.answer = act()
    return counted
