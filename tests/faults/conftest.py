"""The rig on each database.  A fault test runs on both: the claim must hold on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig
from tests.lab import Lab


@pytest.fixture(scope="session")
def rig_on_sqlite(tmp_path_factory: pytest.TempPathFactory, lab: Lab) -> Iterator[Rig]:
    folder: Path = tmp_path_factory.mktemp("sqlite")
    rig = Rig(folder, lab, "")
    rig.start()
    yield rig
    rig.stop()


@pytest.fixture(scope="session")
def rig_on_postgres(
    tmp_path_factory: pytest.TempPathFactory, lab: Lab, postgres: str
) -> Iterator[Rig]:
    folder: Path = tmp_path_factory.mktemp("postgres")
    rig = Rig(folder, lab, postgres)
    rig.start()
    yield rig
    rig.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """A household with nothing in its outbox."""
    running: Rig = request.getfixturevalue(f"rig_on_{request.param}")
    running.reset()
    return running
