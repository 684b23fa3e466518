"""Whose session a request belongs to.

Sessions are rows of the database, as Django keeps them, and so are people: what is gone
or changed there is so for the next request (T56).  Both are read by every request.
"""

from django.contrib.auth.backends import BaseBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from webmail.accounts.models import User
from webmail.accounts.ready import Ready

_session = Ready(lambda key: Session.objects.filter(session_key=key))
_person = Ready(lambda pk: User.objects.filter(pk=pk))


class SessionStore(db.SessionStore):
    """Django looks for the module's class of this name."""

    def _get_session_from_db(self) -> Session | None:
        found = _session.find(self.session_key)
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        return found


class PersonOfSession(BaseBackend):
    """Passwords are the mail server's to judge (accounts/sign_in.py), never ours."""

    def get_user(self, user_id: int) -> User | None:
        found = _person.find(user_id)
        return found if found is not None and found.is_active else None
