"""What stands still: memory at start, of each user and each event stream, and the watcher."""

import socket
import time
from pathlib import Path

from bench.browser import Browser
from bench.crowd import lists_per_second
from bench.hearth import PART, Hearth
from bench.measure import Figures
from bench.process import cpu_ms, family, own_pss_mb, pss_mb
from bench.roundcube import POOLS, Roundcube
from bench.stage import CROWD, PASSWORD, WATCHED, Stage

_STREAMS = 200
_PATIENCE_S = 200
_FIRST_USERS = 12  # fill what is filled once: code, threads, caches
_SECONDS = 8.0


def crowd(stage: Stage, roundcube: Roundcube | None, figures: Figures) -> None:
    """32 users on two web processes, as `make run` starts them; then the peers."""
    stage.add_users(CROWD, 10_000)
    stage.restart(web_workers=2)
    users = [stage.hearth(address) for address in CROWD]
    for user in users:
        user.part(user.inbox)
    stage.settle()
    requests = [user.browser.head_lines(user.inbox, PART) for user in users]
    lists_per_second(stage.port, requests, 2)
    before = stage.cpu_ms()
    rate, p50 = lists_per_second(stage.port, requests, _SECONDS)
    spent = (stage.cpu_ms() - before) / (rate * _SECONDS)
    note = f"p50 {p50:.0f} ms, CPU {spent:.1f} ms each"
    figures.add("list pages per second, 32 users", rate, "/s", ">= 320", note)
    if roundcube is not None:
        _crowd_of_peers(roundcube, figures)
    stage.restart(web_workers=1)


def _crowd_of_peers(roundcube: Roundcube, figures: Figures) -> None:
    for pool in POOLS:
        clients = [roundcube.client(pool, address, PASSWORD) for address in CROWD]
        requests = [client.request("_action=list&_mbox=INBOX&_remote=1") for client in clients]
        rate, p50 = lists_per_second(roundcube.ports[pool], requests, _SECONDS)
        name = f"list pages per second, 32 users: Roundcube, {pool}"
        figures.add(name, rate, "/s", note=f"p50 {p50:.0f} ms")
    figures.add("memory: Roundcube, both pools and nginx", roundcube.pss_mb(), "MB")


def memory(stage: Stage, figures: Figures) -> None:
    """Of one web process: fresh, with 32 users who have each seen a list, with streams open."""
    stage.add_users(CROWD, 10_000)
    _two_workers(stage, figures)
    stage.restart(web_workers=1)
    web = [stage.pid("web")]
    figures.add("memory: web at start, one process alone", pss_mb(web), "MB", "<= 60", "PSS")
    users = [_seen(stage, address) for address in CROWD[:_FIRST_USERS]]
    used = pss_mb(web)
    note = f"PSS; all code loaded, {_FIRST_USERS} users"
    figures.add("memory: web in use", used, "MB", note=note)
    users += [_seen(stage, address) for address in CROWD[_FIRST_USERS:]]
    each = (pss_mb(web) - used) / (len(CROWD) - _FIRST_USERS)
    figures.add("memory: per signed-in user", each, "MB", "<= 0.3", "PSS, each one more")
    _streams(stage, users, figures)
    for name in ("mail", "watcher"):
        figures.add(f"memory: {name} process", pss_mb([stage.pid(name)]), "MB", note="PSS")


def _two_workers(stage: Stage, figures: Figures) -> None:
    """As `make run` starts them: what they share is counted once, among all three."""
    stage.restart(web_workers=2)
    parent, *workers = (own_pss_mb(pid) for pid in family(stage.pid("web")))
    note = f"PSS, the mean of two; {parent:.0f} MB more in the process that started them"
    each = sum(workers) / len(workers)
    figures.add("memory: web at start, each of two workers", each, "MB", "<= 60", note)


def _seen(stage: Stage, address: str) -> Hearth:
    user = stage.hearth(address)
    user.part(user.inbox)
    return user


def _streams(stage: Stage, users: list[Hearth], figures: Figures) -> None:
    job, web = "memory: per event stream", [stage.pid("web")]
    before, cpu = pss_mb(web), cpu_ms(web)
    opened = []
    for number in range(_STREAMS):
        stream = _open_stream(stage, users[number % len(users)].browser)
        if stream is None:
            figures.gap(job, "/events/ does not answer with an event stream")
            return
        opened.append(stream)
    time.sleep(1)
    figures.add(job, (pss_mb(web) - before) / _STREAMS, "MB", "<= 0.2", f"{_STREAMS} streams")
    cpu = cpu_ms(web)
    time.sleep(10)
    figures.add("CPU of the web process with them at rest", (cpu_ms(web) - cpu) / 100, "%")
    for stream in opened:
        stream.close()


def _open_stream(stage: Stage, browser: Browser) -> socket.socket | None:
    stream = socket.create_connection(("127.0.0.1", stage.port), timeout=10)
    stream.sendall(browser.head_lines("/events/", {}))
    head = stream.recv(65536)
    if b" 200 " in head[:20] and b"text/event-stream" in head.lower():
        return stream
    stream.close()
    return None


def watcher(stage: Stage, figures: Figures) -> None:
    """500 people sign in and go; what the watcher then holds, and what it does at rest."""
    stage.add_users(WATCHED, 500)
    stage.restart(web_workers=1)
    pids = [stage.pid("watcher")]
    empty, began = pss_mb(pids), time.monotonic()
    signed_in = 0
    for address in WATCHED:
        Hearth(Browser(stage.port)).sign_in(address, PASSWORD, look=False)
        signed_in += 1
        if time.monotonic() - began > _PATIENCE_S:
            break
    took = time.monotonic() - began
    figures.add(f"{signed_in} sign-ins, one after the other", took, "s")
    time.sleep(30)
    held = _connections(pids)
    job = f"watcher, {signed_in} accounts"
    if held < signed_in * 0.8:
        figures.gap(job, f"it holds {held} connections")
        return
    full = pss_mb(pids)
    figures.add(job, full, "MB", "<= 80", f"PSS; {empty:.0f} MB with none, {held} connections")
    figures.add(
        "watcher, 5,000 accounts, reckoned", empty + (full - empty) / signed_in * 5_000, "MB"
    )
    cpu = cpu_ms(pids)
    time.sleep(20)
    figures.add(f"{job}, at rest", (cpu_ms(pids) - cpu) / 200, "% CPU", "0")


def _connections(pids: list[int]) -> int:
    links = [link for pid in pids for each in family(pid) for link in _open_files(each)]
    return sum(link.startswith("socket:") for link in links)


def _open_files(pid: int) -> list[str]:
    return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
