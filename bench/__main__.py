"""``make bench``: what people wait for, beside the bare IMAP floor and Debian's Roundcube.

    python -m bench [--only list,open] [--rounds 40] [--peers] [--json FILE]

Contenders of a job take turns in one run.  ``--peers`` installs Roundcube when it is missing
(as root; or names its packages).  `sight` and `million` run only when named.  Mailboxes of
100,000 and more are kept in ``--keep``.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from bench import catalogue, roundcube
from bench.mailboxes import KEEP
from bench.measure import Figures
from bench.roundcube import Roundcube, start_roundcube
from bench.stage import Stage, open_stage
from start.child import StartError, last_lines
from start.words import end_with_a_sentence


@end_with_a_sentence
def main() -> int:
    chosen = _options()
    if chosen.list:
        print("\n".join(f"{each.name:<12}{each.says}" for each in catalogue.GROUPS))
        return 0
    # Ended early, a run still writes what it found.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    figures = Figures()
    groups = catalogue.chosen(chosen.only)
    sizes = {size for group in groups for size in group.sizes}
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    with _folder() as folder, open_stage(folder, chosen.keep, sizes) as stage:
        peers = _peers(stage, folder, figures) if chosen.peers else None
        try:
            world = catalogue.World(stage, peers, chosen.rounds, figures)
            for group in groups:
                print(f"-- {group.name}: {group.says}", flush=True)
                try:
                    group.run(world)
                except (AssertionError, OSError) as problem:
                    figures.gap(group.name, f"{type(problem).__name__}: {str(problem)[:100]}")
                    print(last_lines(folder / "web.log", 12), flush=True)
        finally:
            if peers is not None:
                peers.stop()
            if chosen.json:
                chosen.json.write_text(json.dumps(figures.as_json(), indent=1))
    return 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="bench")
    options.add_argument("--only", default="", help="names of --list, with commas between")
    options.add_argument("--list", action="store_true", help="the names, and no run")
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--peers", action="store_true", help="Roundcube beside it")
    options.add_argument("--keep", type=Path, default=KEEP, help="where large mailboxes stay")
    options.add_argument("--json", type=Path, help="for bench.report")
    return options.parse_args()


def _peers(stage: Stage, folder: Path, figures: Figures) -> Roundcube | None:
    log = folder / "apt.log"
    if not roundcube.install(log):
        raise StartError(
            "Roundcube is missing.  As root: apt-get install --no-install-recommends "
            + " ".join(roundcube.missing())
        )
    figures.gap("SnappyMail", "Debian has no package of it")
    return start_roundcube(stage.lab, folder / "roundcube")


class _folder:  # noqa: N801  (used as a word in a with)
    """Below /var/tmp, where the mail server's user may go, and gone afterwards."""

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="hearth-bench-run-", dir="/var/tmp"))
        self._path.chmod(0o755)
        return self._path

    def __exit__(self, *_error: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
