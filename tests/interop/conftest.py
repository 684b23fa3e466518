"""Servers that only these tests start, and what sending through them takes."""

import pytest

from start.child import StartError
from webmail.submission import tasks


def started(start, *arguments, **options):
    """A server that cannot be had is a failure, never a skip."""
    try:
        return start(*arguments, **options)
    except StartError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def trusted_lab(lab, settings, tmp_path, monkeypatch):
    """The lab, empty; Hearth trusts it, and no hint leaves for Redis."""
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_CA_FILE = str(lab.ca_file)
    monkeypatch.setattr(tasks, "ring", lambda task, row_id: True)
    lab.clear()
    return lab
