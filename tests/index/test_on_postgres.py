"""The index on PostgreSQL: the same tests, in a process that has its settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("index/test_sync.py", "index/test_listing.py", "index/test_search.py")
WITH_INDEX = ("web/test_suggestions.py",)


@pytest.mark.slow
def test_the_index_does_the_same_on_postgresql(postgres, tmp_path):
    environment = {
        **os.environ,
        "WEBMAIL_DATABASE_URL": postgres,
        "WEBMAIL_DATA_DIR": str(tmp_path),
    }
    environment.pop("PYTEST_XDIST_WORKER", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(f"tests/{name}" for name in (*FILES, *WITH_INDEX))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
