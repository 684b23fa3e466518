"""What is asked before a message leaves: only what its writer would be sorry for later."""

from django.http import HttpRequest

from webmail.attachments import resumable, storage
from webmail.message.missing_file import word_of_file
from webmail.submission.models import StoredDraft
from webmail.web.compose_form import QUOTES_DECRYPTED, SUBJECT_DECRYPTED, bared_by, carried_of
from webmail.web.recipient_marks import cautions_of
from webmail.web.recipients import Recipients
from webmail.web.saved_texts import left_open

_MANY = 15
BARES = (
    "It quotes a message that came to you encrypted, and goes out unencrypted: everybody on its "
    "way could read what was kept from them."
)
BARES_SUBJECT = (
    "Its subject came to you encrypted, and goes out unencrypted, as every subject does that is "
    "not encrypted with its message."
)


def questions_of(
    request: HttpRequest, draft: StoredDraft, recipients: Recipients
) -> tuple[str, ...]:
    """A sentence for each; empty when there is nothing to ask."""
    subject, text = (str(draft.fields.get(name, "")) for name in ("subject", "text"))
    has_files = bool(carried_of(draft)) or bool(storage.uploads_of(draft.user, draft.key))
    asked: list[str] = []
    if not subject.strip():
        asked.append("The message has no subject.")
    word = "" if has_files else word_of_file(text)
    if word:
        asked.append(f"You wrote “{word}”, but no file is attached.")
    for late in resumable.of_draft(draft.user, draft.key):
        asked.append(f"“{late.filename}” has not arrived whole, so it is not attached.")
    asked += cautions_of(request, draft.account, recipients)
    asked += [f"“{{{name}}}” is still to be filled in." for name in left_open(draft)]
    bared = bared_by(draft.fields.get("protect", ()))
    if QUOTES_DECRYPTED in bared:
        asked.append(BARES)
    if SUBJECT_DECRYPTED in bared and subject.strip():
        asked.append(BARES_SUBJECT)
    shown = len(recipients.to) + len(recipients.cc)
    if shown > _MANY:
        asked.append(
            f"{shown} people get this, and each sees the addresses of all. In Bcc they would not."
        )
    elif draft.relation == "reply_all" and shown > _MANY // 3:
        asked.append(f"Your answer goes to {shown} people.")
    return tuple(asked)
