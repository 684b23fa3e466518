"""`python -m tests.faults`: opens the office of office.py, Django first."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")
django.setup()

from tests.faults import office  # noqa: E402  (models need the set-up above)

office.main()
