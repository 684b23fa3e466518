"""``make bench``: our list page and message page beside the bare IMAP floor, interleaved.

    python -m bench [--messages 10000] [--rounds 40]

The floor is IMAPClient on a warm connection doing what any webmail must do at least: FETCH
the 50 newest rows, or the structure and text of one message.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from imapclient import IMAPClient

from bench.browser import Browser
from bench.process import cpu_ms, rss_mb
from bench.stage import ADDRESS, PASSWORD, Stage, open_stage

ROW = ["ENVELOPE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODYSTRUCTURE"]


@dataclass
class Job:
    """One thing to do again and again."""

    name: str
    act: Callable[[], None]
    is_ours: bool
    times_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def once(self, web: int) -> None:
        cpu, began = cpu_ms(web), time.perf_counter()
        self.act()
        self.times_ms.append((time.perf_counter() - began) * 1000)
        self.cpu_ms.append(cpu_ms(web) - cpu)


def main() -> None:
    options = argparse.ArgumentParser(prog="bench")
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=40)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        Path(folder).chmod(0o755)
        with open_stage(Path(folder), chosen.messages) as stage:
            measure(stage, chosen.messages, chosen.rounds)


def measure(stage: Stage, messages: int, rounds: int) -> None:
    browser = Browser(stage.web_port)
    browser.sign_in(ADDRESS, PASSWORD)
    inbox = browser.landing()
    with stage.lab.imap(ADDRESS) as imap:
        imap.select_folder("INBOX", readonly=True)
        jobs = _jobs(browser, imap, inbox, messages)
        for job in jobs:
            job.act()
        before_mb = rss_mb(stage.web_pid)
        for _ in range(rounds):
            for job in jobs:
                job.once(stage.web_pid)
    print(f"{messages} messages, {rounds} rounds, interleaved; ms, and CPU ms of the web process")
    _print_table(jobs)
    print(
        f"web process: {before_mb:.0f} MB at first, {rss_mb(stage.web_pid):.0f} MB at the end (PSS)"
    )


def _jobs(browser: Browser, imap: IMAPClient, inbox: str, messages: int) -> list[Job]:
    newest = list(range(max(messages - 49, 1), messages + 1))
    uid = int(imap.search("ALL")[-1])
    validity = imap.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    message = f"{inbox}{validity}.{uid}/"
    page_20 = f"{inbox}?after={uid - 1000}"

    def floor_list() -> None:
        imap.use_uid = False
        assert imap.fetch(newest, ROW)
        imap.use_uid = True

    def floor_message() -> None:
        assert imap.fetch([uid], ["ENVELOPE", "FLAGS", "BODYSTRUCTURE", "BODY.PEEK[1]"])

    def page(path: str, end: bytes = b"</html>", **headers: str) -> Callable[[], None]:
        def ask() -> None:
            status, body = browser.get(path, **headers)
            assert (status, end in body) == (200, True), (path, status)

        return ask

    return [
        Job("floor: list", floor_list, is_ours=False),
        Job("list page 1", page(inbox), is_ours=True),
        Job("list page 21", page(page_20), is_ours=True),
        Job("floor: message", floor_message, is_ours=False),
        Job("message page", page(message), is_ours=True),
        Job("message part", page(message, b"</article>", **{"HX-Request": "true"}), is_ours=True),
    ]


def _print_table(jobs: list[Job]) -> None:
    print(f"{'job':<16}{'p50':>8}{'p95':>8}{'CPU':>8}{'ratio to its floor':>22}")
    floor = 1.0
    for job in jobs:
        p50, p95 = median(job.times_ms), quantiles(job.times_ms, n=20)[-1]
        if not job.is_ours:
            floor = p50
        cpu = sum(job.cpu_ms) / len(job.cpu_ms)
        ours = f"{cpu:>8.1f}{p50 / floor:>22.2f}" if job.is_ours else f"{'':>8}{1:>22}"
        print(f"{job.name:<16}{p50:>8.1f}{p95:>8.1f}{ours}")


if __name__ == "__main__":
    main()
