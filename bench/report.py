"""docs/performance.md out of what runs have found.

    python -m bench.report FILE… > docs/performance.md

Of a job that several files hold, the last one counts.
"""

import json
import sys
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.measure import OURS

Rows = list[dict[str, Any]]
_WORDS = Path(__file__).with_name("report.md")


def main() -> None:
    runs = [json.loads(Path(name).read_text()) for name in sys.argv[1:]]
    when = ", ".join(sorted({run["at"][:10] for run in runs}))
    cores = " or ".join(sorted({str(run["cores"]) for run in runs}))
    rows = [row for run in runs for row in run["rows"]]
    single = {found["job"]: found for run in runs for found in run["single"]}
    measured = {row["job"] for row in rows} | set(single)
    gaps = {gap["job"]: gap["reason"] for run in runs for gap in run["gaps"]}
    print(
        _WORDS.read_text()
        .replace("{when}", when)
        .replace("{load}", _load(rows))
        .replace("{cores}", cores)
        .replace("{commands}", _commands())
        .replace("{jobs}", _jobs(_latest(rows)))
        .replace("{single}", _single(single))
        .replace("{gaps}", _gaps({job: gaps[job] for job in gaps if job not in measured})),
        end="",
    )


def _latest(rows: Rows) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["job"], {})[row["contender"]] = row
    return found


def _jobs(jobs: dict[str, dict[str, dict[str, Any]]]) -> str:
    head = "| job | floor | Roundcube / tuned | ours (best, p95) | CPU | KB | to reach |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    lines += [_job(name, by) for name, by in jobs.items() if OURS in by]
    return "\n".join(lines)


def _job(name: str, by: dict[str, dict[str, Any]]) -> str:
    ours = by[OURS]
    peers = " / ".join(_ms(by.get(peer)) for peer in ("Roundcube", "Roundcube tuned"))
    floor = _ms(by.get("floor"))
    for other in ("IMAPClient", "floor, BINARY"):
        if other in by:
            floor += f" ({other.removeprefix('floor, ')} {_ms(by[other])})"
    few = f" [{ours['rounds']} rounds]" if ours["rounds"] < 30 else ""
    return (
        f"| {name}{few} | {floor} | {peers} | **{_ms(ours)}** "
        f"({ours['best_ms']:.1f}, {ours['p95_ms']:.0f}) "
        f"| {ours['cpu_ms']:.1f} | {ours['wire_bytes'] / 1000:.1f} | {_goal(ours['to_reach'])} |"
    )


def _ms(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    p50 = row["p50_ms"]
    return f"{p50:.1f}" if p50 < 20 else f"{p50:.0f}"


def _goal(text: str) -> str:
    return text.replace("<=", "≤").replace(">=", "≥")


def _single(found: dict[str, dict[str, Any]]) -> str:
    lines = ["| figure | measured | to reach | |", "|---|---|---|---|"]
    for job, row in found.items():
        value = f"{row['value']:,.0f}" if row["value"] >= 100 else f"{row['value']:.3g}"
        lines.append(
            f"| {job} | {value} {row['unit']} | {_goal(row['to_reach'])} | {row['note']} |"
        )
    return "\n".join(lines)


def _gaps(gaps: dict[str, str]) -> str:
    return "\n".join(f"- {job}: {reason}" for job, reason in gaps.items()) or "- nothing"


def _load(rows: Rows) -> str:
    loads = [row["load"] for row in rows]
    return f"{min(loads):.0f} to {max(loads):.0f}" if loads else "unknown"


def _commands() -> str:
    lines = [f"| {each.says} | `--only {each.name}` |" for each in catalogue.GROUPS]
    return "\n".join(["| jobs | |", "|---|---|", *lines])


if __name__ == "__main__":
    main()
