"""What docs/installing.md tells people to type exists and starts the right processes."""

import re
from pathlib import Path

import pytest

from start.hearth import processes

ROOT = Path(__file__).resolve().parents[2]
INSTALLING = (ROOT / "docs" / "installing.md").read_text()


def test_each_process_has_its_unit():
    names = {each.name for each in processes({"WEBMAIL_DATA_DIR": "/data"}, web_workers=2)}
    enabled = re.search(r"enable --now (.+)", INSTALLING)[1].split()
    assert {unit.removeprefix("hearth@") for unit in enabled} == names


@pytest.mark.parametrize("name", ["installing.md", "operating.md"])
def test_each_setting_named_is_in_the_table_of_the_readme(name):
    named = set(re.findall(r"\bWEBMAIL_[A-Z_]+\b", (ROOT / "docs" / name).read_text()))
    assert named <= set(re.findall(r"\bWEBMAIL_[A-Z_]+\b", (ROOT / "README.md").read_text()))


@pytest.mark.parametrize("target", ["demo", "run", "test", "check", "lint", "types", "build"])
def test_the_makefile_has_what_the_issue_and_the_readme_name(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_ci_runs_everything_and_ends_with_the_summary():
    run = ROOT / ".ci" / "run"
    assert run.stat().st_mode & 0o100
    assert "make --no-print-directory test" in run.read_text()
