"""`python -m start.one NAME`: one process in the foreground, for systemd and containers.

NAME is web, send, mail, beat or watcher, or migrate, which ends by itself.
"""

import os
import sys
from pathlib import Path

from start.child import StartError
from start.hearth import ROOT, processes
from start.words import end_with_a_sentence


@end_with_a_sentence
def main() -> int:
    """Become that process: signals reach it, not us."""
    environment = dict(os.environ)
    environment.setdefault("WEBMAIL_DATA_DIR", str(ROOT / "var" / "data"))
    data = Path(environment["WEBMAIL_DATA_DIR"])
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    commands = {each.name: each.command for each in processes(environment, web_workers=2)}
    commands["migrate"] = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input"]
    command = commands.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if command is None:
        raise StartError(f"Usage: python -m start.one {'|'.join(commands)}")
    os.chdir(ROOT)
    os.execve(str(command[0]), [str(word) for word in command], environment)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
