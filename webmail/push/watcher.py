"""The watcher process: ``python -m webmail.push.watcher``."""

import logging
import os
import signal
import threading

import django

logger = logging.getLogger("webmail.push")


def main() -> None:
    """Watch until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")
    django.setup()
    from webmail.push import hub, tasks, watching

    watcher = watching.Watcher(tasks.ring_sync)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: watcher.stop())
    threading.Thread(
        target=hub.listen_for_pokes,
        args=(watcher.wake, watcher.stopping),
        name="pokes",
        daemon=True,
    ).start()
    logger.info("watching")
    watcher.run()


if __name__ == "__main__":
    main()
