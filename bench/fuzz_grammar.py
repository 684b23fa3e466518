"""Octets of a hostile server, made up by coverage: ``python -m bench.fuzz_grammar [corpus]``.

It wants ``atheris`` (not among our dependencies) and takes libFuzzer's options, such as
``-max_total_time=600``.  What it finds becomes a row of tests/store/test_wire_fuzz.py.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["webmail.store", "webmail.message"]):
    from tests.store.fuzzed import SEEDS, answer

WORDS = [
    *(r"TAG OK\x0d\x0a", "* 1 FETCH (", "UID ", r"{3}\x0d\x0aabc", r"{3+}\x0d\x0a", "NIL", "~{0}"),
    *("BODYSTRUCTURE ", "BODY[HEADER] ", "FLAGS (", "INTERNALDATE ", r"\\\"", "=?utf-8?q?"),
    *(
        "* LIST (",
        "* STATUS ",
        "* ESEARCH ",
        "* SEARCH ",
        "* NAMESPACE ((",
        "* VANISHED ",
        "* BYE ",
    ),
]


def read(octets: bytes) -> None:
    """The first octet says how many come at a time."""
    answer(octets[1:], step=octets[0] if octets else 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seeds, words = Path(folder, "seeds"), Path(folder, "words")
        seeds.mkdir()
        for number, seed in enumerate(SEEDS):
            (seeds / str(number)).write_bytes(b"\x40" + seed)
        words.write_text("".join(f'"{word}"\n' for word in WORDS))
        options = ["-max_len=4096", "-timeout=5", f"-dict={words}"]
        atheris.Setup([*sys.argv, str(seeds), *options], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
