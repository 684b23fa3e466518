"""The child process of ``sanitize_job``: one question on stdin, one answer on stdout."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any


def main() -> None:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.jail import confine

    confine()
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
    written = sanitize.clean_for_compose(html, is_quoted=job == "quote")
    return {"html": written, "blocked": asdict(Blocked())}


if __name__ == "__main__":
    main()
