"""The child process of ``sanitize_job``: one question on stdin, one answer on stdout."""

import json
import sys
from pathlib import Path


def main() -> None:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.jail import confine

    confine()
    question = json.load(sys.stdin)
    json.dump(_answer(question["job"], question["html"], question["urls"]), sys.stdout)


def _answer(job: str, html: str, urls: dict[str, str]) -> dict[str, object]:
    from webmail.message import sanitize

    if job == "reading":
        cleaned, blocked = sanitize.clean_for_reading(html, urls.get)
        return {
            "html": cleaned,
            "remote": blocked.remote,
            "hosts": blocked.hosts,
            "reason": blocked.reason,
        }
    return {"html": sanitize.clean_for_compose(html), "remote": 0, "hosts": (), "reason": ""}


if __name__ == "__main__":
    main()
