"""`make demo`: Hearth with a mail server and believable mail of its own."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from start.bind import must_be_free
from start.demo_mail import DemoMail, people, start_demo_mail
from start.hearth import ROOT, must_be_built, one_at_a_time, serve
from start.processes import Supervisor
from start.words import end_with_a_sentence

# What an administrator set for real servers must not reach the demo.
KEPT = ("WEBMAIL_BIND", "WEBMAIL_DEBUG", "WEBMAIL_REDIS_URL", "WEBMAIL_BASE_URL", "WEBMAIL_HOSTS")


@end_with_a_sentence
def main() -> int:
    folder = Path(os.environ.get("WEBMAIL_DATA_DIR") or ROOT / "var" / "demo").resolve()
    must_be_built()
    with one_at_a_time(folder):
        must_be_free(os.environ.get("WEBMAIL_BIND", ""))
        supervisor = Supervisor(ROOT, folder / "log", {})
        try:
            _run(folder, supervisor)
        finally:
            supervisor.stop()
    return 0


def _run(folder: Path, supervisor: Supervisor) -> None:
    mail = start_demo_mail(folder / "mail")
    try:
        serve(
            _environment(folder, mail),
            web_workers=1,
            supervisor=supervisor,
            when_ready=lambda url: print(_welcome(url, mail, folder), flush=True),
        )
        print("\nStopping…", flush=True)
    finally:
        supervisor.stop()
        mail.stop()


def _environment(folder: Path, mail: DemoMail) -> Mapping[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WEBMAIL_") or name in KEPT
    }
    return {**inherited, "WEBMAIL_DATA_DIR": str(folder / "data"), **mail.settings()}


def _welcome(url: str, mail: DemoMail, folder: Path) -> str:
    lines = [f"\nHearth is ready:  {url}/\n", "Sign in as one of the household:"]
    lines += [f"  {address:28} password: {password}" for address, password in people().items()]
    lines += [f"\nMail server: {mail.name}, on this machine only.  Logs: {folder / 'log'}"]
    return "\n".join([*lines, "Ctrl-C stops everything."])


if __name__ == "__main__":
    sys.exit(main())
