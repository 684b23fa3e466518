"""Growth lets everybody else write first."""

import threading
import time

from django.db import connections

from webmail.index import turns
from webmail.index.turns import Turns


def test_growth_waits_while_somebody_asks_and_no_longer(tmp_path):
    told, done = threading.Event(), threading.Event()

    def ask():
        with Turns(tmp_path / "turns").asked_for():
            told.set()
            done.wait(10)

    asking = threading.Thread(target=ask)
    asking.start()
    assert told.wait(10)
    grown = threading.Thread(target=Turns(tmp_path / "turns").give_way, args=(60,))
    grown.start()
    grown.join(0.05)
    assert grown.is_alive()
    done.set()
    asking.join(10)
    grown.join(10)
    assert not grown.is_alive()


def test_growth_is_not_held_up_for_ever(tmp_path):
    ours = Turns(tmp_path / "turns")
    with ours.asked_for(), ours.asked_for():
        began = time.monotonic()
        ours.give_way(0.05)
        assert time.monotonic() - began >= 0.05


def test_what_writes_asks_and_what_reads_does_not(tmp_path, monkeypatch, db):
    """On a database in a file, which that of the tests is not."""
    asked = []
    asking = turns._Asking(Turns(tmp_path / "turns"))
    monkeypatch.setattr(asking, "_turns", Noting(tmp_path / "turns", asked))
    with connections["index"].execute_wrapper(asking), connections["index"].cursor() as cursor:
        cursor.execute("SELECT 1")
        assert asked == []
        cursor.execute("CREATE TEMPORARY TABLE gone (one integer)")
        assert asked == [1]


class Noting(Turns):
    def __init__(self, file, asked):
        super().__init__(file)
        self._asked = asked

    def asked_for(self):
        self._asked.append(1)
        return super().asked_for()
