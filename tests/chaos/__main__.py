"""``make chaos``: sends under kill -9, flushes and resets, and what became of each.

    CHAOS_SENDS=1000 CHAOS_DATABASE=sqlite|postgres CHAOS_SEED=7 python -m tests.chaos

The last line is ``sent N lost 0 doubled 0 altered 0 silent 0 unclear K``, counted at the
sink.  Exits with 1 when anything but K is not 0.
"""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from start.words import end_with_a_sentence
from tests.chaos.run import ADA, run
from tests.lab import start as start_lab
from tests.lab.database import start_postgres
from tests.lab.place import remove_mail


@end_with_a_sentence
def main() -> int:
    sends = int(os.environ.get("CHAOS_SENDS") or 1000)
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1_000_000))
    kind = os.environ.get("CHAOS_DATABASE") or "sqlite"
    print(f"{sends} sends on {kind}, CHAOS_SEED={seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="hearth-chaos-"))
    folder.chmod(0o755)
    users = {ADA: "ada-secret", "ben@hearth.test": "ben-secret", "chiyo@hearth.test": "c-secret"}
    lab = start_lab(folder, users)
    postgres = start_postgres() if kind == "postgres" else None
    url = postgres.url if postgres else ""
    try:
        found = run(folder / "house", lab, url, sends=sends, seed=seed)
    finally:
        if postgres:
            postgres.stop()
        lab.stop()
    for name in ("lost", "doubled", "altered", "silent", "unfiled"):
        if tokens := getattr(found, name):
            print(f"{name}: {' '.join(tokens)}; the logs are in {folder}/house", flush=True)
    if found.is_good:
        remove_mail(folder)
    print(found, flush=True)
    return 0 if found.is_good and found.sent == sends else 1


sys.exit(main())
