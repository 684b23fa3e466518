"""Every row of the fault table up to F41 has a test whose docstring begins with its name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROWS = {f"F{number:02}" for number in range(1, 42)}
_NAMES = re.compile(r"(?:(?:[FT]\d\d)(?:, )?)+:")


def docstrings_of_tests() -> Iterator[str]:
    for path in Path(__file__).parent.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


def test_every_row_of_the_fault_table_is_named_by_a_test():
    named = set()
    for words in docstrings_of_tests():
        if begin := _NAMES.match(words):
            named |= set(re.findall(r"F\d\d", begin[0]))
    assert ROWS - named == set()
