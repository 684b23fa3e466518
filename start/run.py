"""`make run`: Hearth on this machine for the mail servers that the environment names."""

import os
import subprocess
import sys
from pathlib import Path

from start.bind import must_be_free
from start.child import StartError
from start.hearth import ROOT, must_be_built, one_at_a_time, serve
from start.processes import Supervisor
from start.words import end_with_a_sentence

EXAMPLE = """WEBMAIL_IMAP and WEBMAIL_SUBMISSION name your mail servers: {missing} not set.
For example:

  WEBMAIL_IMAP=imaps://imap.example.org:993 \\
  WEBMAIL_SUBMISSION=submissions://smtp.example.org:465 make run

README.md lists every setting.  To look around without a mail server of your own: make demo"""


@end_with_a_sentence
def main() -> int:
    _must_name_servers()
    must_be_built()
    folder = Path(os.environ.get("WEBMAIL_DATA_DIR") or ROOT / "var" / "data").resolve()
    with one_at_a_time(folder):
        environment = {**os.environ, "WEBMAIL_DATA_DIR": str(folder)}
        _must_be_right(environment)
        must_be_free(environment.get("WEBMAIL_BIND", ""))
        supervisor = Supervisor(ROOT, folder / "log", environment)
        try:
            serve(environment, web_workers=2, supervisor=supervisor, when_ready=_say_ready)
            print("\nStopping…", flush=True)
        finally:
            supervisor.stop()
    return 0


def _must_name_servers() -> None:
    names = ("WEBMAIL_IMAP", "WEBMAIL_SUBMISSION")
    missing = [name for name in names if not os.environ.get(name, "").strip()]
    if missing:
        are = "are" if len(missing) > 1 else "is"
        raise StartError(EXAMPLE.format(missing=f"{' and '.join(missing)} {are}"))


def _must_be_right(environment: dict[str, str]) -> None:
    """Let the settings read themselves once, so that a bad value is said here, not in a log."""
    command = [sys.executable, "-c", "import webmail.settings"]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise StartError((done.stderr.strip().splitlines() or ["The settings cannot be read."])[-1])


def _say_ready(url: str) -> None:
    print(f"\nHearth is ready:  {url}/\nCtrl-C stops everything.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
