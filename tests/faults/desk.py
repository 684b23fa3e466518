"""Orders for the office that a person gives at a browser; test_disk.py has the disk's."""

import os
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.test import Client

from tests.web.forms import begin, form_of, upload
from webmail.submission.models import StoredDraft

browser = Client(raise_request_exception=False, headers={"host": "localhost"})
forms = []


def open_compose(address, password, **written):
    """A browser that has signed in and filled in the form; press_send() sends it."""
    browser.post("/sign-in/", {"address": address, "password": password})
    action, fields = begin(browser, **written)
    forms.append((browser, action, fields | {"do": "send"}))
    return len(forms) - 1


def open_again(form, address, password):
    """The saved draft of that form in another browser of the same person."""
    _, action, fields = forms[form]
    saved = browser.post(action, fields | {"do": "save"})
    assert saved.status_code == 303, saved.content
    other = Client(headers={"host": "localhost"})
    other.post("/sign-in/", {"address": address, "password": password})
    for each in (browser, other):
        again, fields = form_of(each.get(action))
        forms.append((each, again, fields | {"do": "send"}))
    return [len(forms) - 2, len(forms) - 1]


def press_send(form, times=1, **changes):
    """Every answer says that it is queued."""
    for _ in range(times):
        answer = press(form, **changes)
        assert answer["status"] in (200, 201), answer


def press_all(numbers):
    """Send in many windows, all at the same moment."""

    def one(number):
        try:
            press_send(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(one, numbers))


def press(form, by_script=True, **changes):
    client, action, fields = forms[form]
    headers = {"accept": "application/json"} if by_script else {}
    return _plain(client.post(action, fields | changes, headers=headers))


def attach(form, name, text):
    client, action, fields = forms[form]
    file = {"files": upload(name, text.encode())}
    return _plain(
        client.post(f"{action}files/", fields | file, headers={"accept": "application/json"})
    )


def links_in(text, ends):
    return re.findall(rf'href="([^"]*{re.escape(ends)})"', text)


def texts():
    return sorted(row.fields["text"] for row in StoredDraft.objects.filter(has_left=False))


def get(path):
    return _plain(browser.get(path, follow=True))


def _plain(answer):
    text = answer.getvalue().decode("utf-8", "replace")
    return {"status": answer.status_code, "text": text}


# -- the disk of the data -------------------------------------------------------------------------


def fill_disk(leave_bytes=0):
    """Leaves so much room in the data folder, which has a small disk of its own.

    The write-ahead logs give theirs back first: the next commit needs new room.
    """
    for each in connections.all():
        with each.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = Path(settings.WEBMAIL_DATA_DIR)
    stand = os.statvfs(folder)
    blocks = stand.f_bavail - leave_bytes // stand.f_bsize
    with (folder / "filler").open("ab") as file:
        os.posix_fallocate(file.fileno(), file.tell(), blocks * stand.f_bsize)


def empty_disk():
    (Path(settings.WEBMAIL_DATA_DIR) / "filler").unlink(missing_ok=True)


# -- the lock of the database ---------------------------------------------------------------------


def set_patience(seconds):
    """For how long a writer waits for the lock of SQLite from now on; how long it was."""
    connection = connections["default"]
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    before, options["timeout"] = options["timeout"], seconds
    return before


def hold_lock(seconds):
    with connections["default"].cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        cursor.execute("ROLLBACK")


def is_locked():
    own = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0)
    try:
        own.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        own.close()
    return False
