"""A million messages: the first sight of them, the index as it grows, and typing a search.

Growth is read from the index file as it is on disk, so it holds whatever grows it.
"""

import time
from statistics import median

from bench.browser import Browser, Replies
from bench.floor import RawImap
from bench.hearth import Hearth
from bench.letters import sender_word
from bench.measure import OURS, Contender, Figures, Job, run
from bench.process import cpu_ms, pss_mb
from bench.stage import HUGE, LARGE, PASSWORD, Stage, index_state, paused

_MILLION, _SIGHTS = 1_000_000, 5
# Its size is in a file's name: Dovecot reads a million names for it in each new session.
_FACTS = b"FETCH %d:%d (UID ENVELOPE FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE PREVIEW)"
_PATIENCE = 140  # looks, twice a second: a lost ring is rung again within a minute


def first_sight(stage: Stage, figures: Figures) -> None:
    """Five strangers with the same million; the workers rest, as growing is another figure."""
    stage.add_users(HUGE, _MILLION)
    stage.forget()
    select_s, fetch_s = _floor(stage)
    figures.add("1M: SELECT on the bare socket", select_s, "s", note="median of 5")
    figures.add("1M: the newest 50 fetched after it", fetch_s, "s", note="median of 5")
    waits, growths = [], []
    with paused(stage, "mail"):
        for address in HUGE[:_SIGHTS]:
            user = _signed_in_elsewhere(stage, address)
            before, began = pss_mb([stage.pid("web")]), time.perf_counter()
            for answer, wanted in user.part(user.inbox):
                assert answer.status == 200, answer.body[:300]
                assert wanted in answer.body
            waits.append(time.perf_counter() - began)
            growths.append(pss_mb([stage.pid("web")]) - before)
    job = "first sight of a 1M inbox, never indexed"
    goal = f"<= {select_s + fetch_s + 1.5:.1f} (both and 1.5)"
    figures.add(job, median(waits), "s", goal, f"{min(waits):.2f} to {max(waits):.2f}")
    figures.add(f"{job}: growth of the web process", max(growths), "MB", "<= 30", "the worst")


def _floor(stage: Stage) -> tuple[float, float]:
    selects, fetches = [], []
    for _ in range(_SIGHTS):
        raw = RawImap(stage.lab, HUGE[-1])
        began = time.perf_counter()
        raw.ask(b"SELECT INBOX (CONDSTORE)")
        selected = time.perf_counter()
        raw.ask(_FACTS % (_MILLION - 49, _MILLION))
        selects.append(selected - began)
        fetches.append(time.perf_counter() - selected)
        raw.close()
    return median(selects), median(fetches)


def _signed_in_elsewhere(stage: Stage, address: str) -> Hearth:
    """Signed in, but the inbox not looked at: that is on the clock."""
    user = Hearth(Browser(stage.port))
    user.sign_in(address, PASSWORD, look=False)
    return user


def grow_large(stage: Stage, figures: Figures) -> None:
    """100,000 messages to the end, an idle reader's list beside it."""
    _grow(stage, figures, LARGE, "100k", 100_000, 120)


def grow_million(stage: Stage, figures: Figures) -> None:
    stage.add_users(HUGE[:1], _MILLION)
    _grow(stage, figures, HUGE[0], "1M", _MILLION, 900)


def _grow(stage: Stage, figures: Figures, address: str, name: str, whole: int, s: int) -> None:
    stage.forget()
    user, began = stage.hearth(address), time.monotonic()
    workers = [stage.pid("mail")]
    cpu, waits, most_mb, seen = cpu_ms(workers), [], 0.0, [(0.0, 0)]
    while seen[-1][1] < whole and time.monotonic() - began < s:
        user.part(user.inbox)
        asked = time.perf_counter()
        user.part(user.inbox)
        waits.append((time.perf_counter() - asked) * 1000)
        most_mb = max(most_mb, pss_mb(workers))
        seen.append((time.monotonic() - began, _rows(stage)))
        if len(seen) > _PATIENCE and seen[-1][1] == seen[-_PATIENCE][1]:
            break
        time.sleep(0.5)
    job, rows = f"index growth, {name}", seen[-1][1]
    if rows < whole * 0.5:
        figures.gap(job, f"{rows} rows after {seen[-1][0]:.0f} s")
        return
    figures.add(job, rows / seen[-1][0], "messages/s", ">= 3000", f"{rows} rows; {_pace(seen)}")
    figures.add(f"{job}: bytes a row", stage.index_bytes() / rows, "bytes", "<= 450")
    figures.add(f"{job}: worker", most_mb, "MB", "<= 150", "PSS, the most seen")
    spent = (cpu_ms(workers) - cpu) / rows * 1000
    figures.add(f"{job}: CPU of the worker", spent, "ms for 1,000 messages")
    calm = _calm(user)
    slower = (median(waits) / calm - 1) * 100
    note = f"list {median(waits):.1f} ms, {calm:.1f} afterwards"
    figures.add(f"{job}: readers slowed by", slower, "%", "<= 20", note)


def _pace(seen: list[tuple[float, int]]) -> str:
    """The first and the last third apart: growth that slows down shows here."""
    third = len(seen) // 3 or 1
    first = (seen[third][1] - seen[0][1]) / (seen[third][0] - seen[0][0])
    last = (seen[-1][1] - seen[-third][1]) / max(seen[-1][0] - seen[-third][0], 0.001)
    return f"first third {first:.0f}/s, last {last:.0f}/s"


def _rows(stage: Stage) -> int:
    return index_state(stage)[0]


def _calm(user: Hearth) -> float:
    time.sleep(3)
    waits = []
    for _ in range(30):
        asked = time.perf_counter()
        user.part(user.inbox)
        waits.append((time.perf_counter() - asked) * 1000)
    return median(waits)


def typing(stage: Stage, figures: Figures, rounds: int) -> None:
    """What a million rows answer while a name is typed; after `grow_million`."""
    job = "search as you type, 1M rows"
    if _rows(stage) < _MILLION * 0.9:
        figures.gap(job, f"the index holds {_rows(stage)} rows")
        return
    user = stage.hearth(HUGE[0])

    def ask(path: str) -> Contender:
        def typed(number: int) -> Replies:
            return user.first_of_search(path + sender_word((number + 1) % 900)[:5])

        return Contender(OURS, typed)

    ways = {"in the inbox": f"{user.inbox}?q=from:", "in all folders": "/search/?q="}
    jobs = [Job(f"{job}, {where}", "<= 100", [ask(path)]) for where, path in ways.items()]
    run(jobs, rounds, stage.cpu_ms, figures)
