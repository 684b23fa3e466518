"""One occurrence of a message that repeats, built when it is due, as nobody is there to ask."""

import logging
from datetime import datetime

from django.db import DatabaseError, InterfaceError

from webmail.accounts.writing_as import ForeignSender, read_sender
from webmail.attachments import storage
from webmail.message.build import new_message_id
from webmail.submission import series
from webmail.submission.models import Series, StoredDraft
from webmail.submission.wishes import wishes_from_names
from webmail.web.assemble import build_message
from webmail.web.compose_form import is_to_be_protected
from webmail.web.limits import TooLarge
from webmail.web.recipients import read_recipients

log = logging.getLogger(__name__)

_STUMBLED = (
    "Paused, nothing was sent: Hearth itself stumbled over it. "
    "Its administrator finds why in the log."
)


def make_due() -> None:
    """One that stumbles over a mistake of ours keeps no other from leaving, and says so."""
    for series_id in series.due_ids():
        try:
            series.make(series_id, build)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("a series stumbled: series=%s", series_id)
            series.pause_for(series_id, _STUMBLED)


def build(row: Series, now: datetime) -> series.Built:
    """Raises CannotBuild, and what ``build_message`` raises."""
    draft = StoredDraft(user=row.user, account=row.account, key=row.key, fields=row.fields)
    if is_to_be_protected(row.fields.get("protect", ())):
        raise series.CannotBuild("it is to be signed or encrypted, and nobody is there to do it.")
    recipients, errors = read_recipients(row.fields)
    if errors or not recipients:
        raise series.CannotBuild(next(iter(errors.values()), "it has nobody to go to."))
    named, typed = (str(row.fields.get(name, "")) for name in ("identity", "sender"))
    try:
        sender = read_sender(row.account, named, typed)
        message_id = new_message_id(sender.addr_spec.rpartition("@")[2])
        built = build_message(draft, recipients, sender.address, message_id=message_id, date=now)
    except (ForeignSender, TooLarge) as problem:
        raise series.CannotBuild(str(problem)) from problem
    except storage.UploadDamaged as problem:
        raise series.CannotBuild(f"the file “{problem}” is damaged.") from problem
    wishes = wishes_from_names(row.fields.get("wishes", ()))
    return series.Built(built, message_id, sender.identity, wishes)
