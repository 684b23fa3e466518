"""The web process: Django's WSGI application on threads, behind one ASGI door.

Measured: half the CPU of Django's own ASGI path (docs/performance.md).
"""

import os

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")

application = WSGIMiddleware(get_wsgi_application(), workers=16)
