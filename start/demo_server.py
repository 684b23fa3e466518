"""`python -m start.demo_server`: the demo's mail server alone, until Ctrl-C."""

import signal
import sys
import threading
from pathlib import Path

from start.child import StartError
from start.demo_mail import people, start_demo_mail
from start.hearth import ROOT


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "demo" / "mail"
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_signal: stop.set())
    try:
        mail = start_demo_mail(folder)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(f"{mail.name} run.  Settings:")
        for name, value in mail.settings().items():
            print(f"export {name}={value}")
        for address, password in people().items():
            print(f"  {address}  password: {password}")
        print("Ctrl-C ends it.", flush=True)
        stop.wait()
    finally:
        mail.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
