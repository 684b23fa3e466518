"""A preview made in a child process, which may fail, loop or be taken over and harms nobody."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

WALL_TIME_S = 8
_CHILD = Path(__file__).with_name("preview_child.py")
_NAME = re.compile(r"thumb\.webp|view-[1-9]\.webp|text\.txt")
_CHARSET = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
_KINDS = ("picture", "pdf", "text")
_MOST_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Made:
    """``files`` by their names; ``kind`` is empty when the child could make nothing."""

    kind: str
    shown: int
    total: int
    files: dict[str, bytes]


def run(source: Path, kind: str, charset: str = "") -> Made:
    """What the child makes of the file; nothing when it took too long, too much, or broke."""
    failed = Made("", 0, 0, {})
    if kind not in _KINDS:
        return failed
    charset = charset if _CHARSET.fullmatch(charset) else "-"
    with source.open("rb") as given, tempfile.TemporaryFile() as answer:
        try:
            subprocess.run(  # noqa: S603 - our own file, no shell, words of ours
                [sys.executable, "-I", str(_CHILD), kind, charset],
                stdin=given,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=WALL_TIME_S,
                env={},
                cwd="/",
                check=True,
            )
            return _read(answer, kind)
        except (subprocess.SubprocessError, OSError, ValueError, KeyError, TypeError):
            return failed


def _read(answer: BinaryIO, kind: str) -> Made:
    """The child is not believed: only files of our names, and of the types we show.

    One line of JSON names the files and their sizes, then they follow one after the other.
    """
    answer.seek(0)
    head = json.loads(answer.readline(_MOST_HEAD_BYTES))
    files = {str(name): answer.read(int(size)) for name, size in head["files"]}
    for name, content in files.items():
        if not _NAME.fullmatch(name) or not _is_ours(name, content):
            raise ValueError(name)
    return Made(kind, int(head["shown"]), int(head["total"]), files)


def _is_ours(name: str, content: bytes) -> bool:
    if name == "text.txt":
        return content.decode("utf-8") is not None
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
