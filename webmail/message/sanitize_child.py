"""The child process of ``sanitize_job``: one question on stdin, one answer on stdout."""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

CPU_S = 2
MEMORY_BYTES = 512 * 1024 * 1024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    question = json.load(sys.stdin)
    json.dump(_answer(**question), sys.stdout)


def _answer(
    job: str, html: str, urls: dict[str, str], allowed: dict[str, Any]
) -> dict[str, object]:
    from webmail.message import sanitize
    from webmail.message.safe_html import Allowed, Blocked

    if job == "reading":
        cleaned, blocked = sanitize.clean_for_reading(html, urls.get, Allowed(**allowed))
        return {"html": cleaned, "blocked": asdict(blocked)}
    return {"html": sanitize.clean_for_compose(html), "blocked": asdict(Blocked())}


if __name__ == "__main__":
    main()
