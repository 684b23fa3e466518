"""The watcher process: holds its place among the processes until there is news to watch for.

New mail is fetched when a page is drawn; nothing listens to the mail servers between.
"""

import logging
import signal
import threading

logger = logging.getLogger(__name__)


def main() -> None:
    """Say so once, then wait for SIGTERM or SIGINT."""
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=line)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stop.set())
    logger.info("nothing to watch yet: new mail is fetched when a page is drawn")
    stop.wait()


if __name__ == "__main__":
    main()
