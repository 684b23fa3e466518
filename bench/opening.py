"""Messages opened one after the other, asked from a process of its own.

Asked from a thread of the process that measures somebody else, both would wait for its
interpreter, and that would be measured as if Hearth had them wait.

python -m bench.opening PORT < what to ask for: cookies, and paths by name, as JSON
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.browser import Browser
from bench.hearth import PART
from start.hearth import ROOT


class Opening:
    """What another process is at; ``times_ms`` waits for its end."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def goes_on(self) -> bool:
        return self._process.poll() is None

    def times_ms(self) -> dict[str, float]:
        """How long each took to whoever opened it."""
        assert self._process.stdout is not None
        found = self._process.stdout.read()
        assert self._process.wait() == 0, "a message could not be opened"
        return json.loads(found)


@contextmanager
def opening(
    port: int, cookies: Mapping[str, str], paths: Mapping[str, Sequence[str]]
) -> Iterator[Opening]:
    """The answers of few paths are in the pipe when the process ends: nobody has to read along."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "bench.opening", str(port)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps([cookies, paths]).encode())
        process.stdin.close()
        yield Opening(process)


def main() -> None:
    browser = Browser(int(sys.argv[1]))
    cookies, paths = json.load(sys.stdin)
    browser.cookies.update(cookies)
    print(json.dumps({name: _open(browser, some) for name, some in paths.items()}))


def _open(browser: Browser, paths: Sequence[str]) -> float:
    began = time.perf_counter()
    for path in paths:
        answer = browser.get(path, PART)
        assert answer.status < 500, (path, answer.status)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
