"""A draft's row, its identity and its files as one message: for Drafts and for sending."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from webmail.accounts.writing_as import ForeignSender, read_sender
from webmail.attachments import storage
from webmail.message import build
from webmail.message.address import Address
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.message.sealed import HIDDEN_SUBJECT
from webmail.openpgp.keyring import autocrypt_of
from webmail.submission.models import StoredDraft
from webmail.web.compose_form import (
    RICH,
    decrypted_in,
    is_to_be_encrypted,
    is_to_be_protected,
    written_from_fields,
)
from webmail.web.limits import check_size, takes_eight_bits, writer_of
from webmail.web.recipients import Recipients, read_recipients
from webmail.web.text_pictures import belongs

# A product token without a version (RFC 5536, 3.2.13): nobody needs to know which one.
USER_AGENT = "Hearth"
BY_ITSELF = (
    "What is signed or encrypted is sent once and by itself: it cannot repeat, nor go to a list of "
    "people. Untick signing and encrypting first."
)
KEPT_HERE = "The text of this draft is kept in Hearth: open it there."


def build_copy(draft: StoredDraft, date: datetime) -> bytes:
    """The message as kept in Drafts: what cannot be sent yet is left out of the header.

    Of one that is to be encrypted, or quotes what was, nothing is kept there but whom it is to.
    """
    written = written_from_fields(draft.fields)
    recipients, _ = read_recipients(draft.fields)
    try:
        from_ = read_sender(draft.account, written.identity, written.sender).address
    except ForeignSender:
        from_ = Address("", draft.account.address)
    message = message_of(draft, recipients, from_)
    if is_to_be_encrypted(written.protect) or decrypted_in(written.protect):
        message = replace(message, subject=HIDDEN_SUBJECT, text=KEPT_HERE, html="", attachments=())
    return build.build(message, message_id=draft.message_id, date=date).sent


def build_message(
    draft: StoredDraft,
    recipients: Recipients,
    from_: Address,
    *,
    message_id: str,
    date: datetime,
) -> build.BuiltMessage:
    """The message to send.  Raises BuildError, TooLarge, UploadDamaged (F36).

    Not of one that is to be signed or encrypted: no way of sending may forget that.
    """
    if is_to_be_protected(draft.fields.get("protect", ())):
        raise build.BuildError(BY_ITSELF)
    built = build.build(
        message_of(draft, recipients, from_),
        message_id=message_id,
        date=date,
        user_agent=user_agent(),
        eight_bits=takes_eight_bits(draft.account, writer_of(draft)),
    )
    check_size(draft.account, writer_of(draft), len(built.wire))
    return built


def user_agent() -> str:
    """Empty unless the administrator wants it told."""
    return USER_AGENT if settings.WEBMAIL_USER_AGENT_FIELD else ""


def message_of(draft: StoredDraft, recipients: Recipients, from_: Address) -> build.Draft:
    """What the row and its files say, to be built.  Raises UploadDamaged."""
    written = written_from_fields(draft.fields)
    html = str(sanitize_for_compose(written.html)) if written.format == RICH else ""
    return build.Draft(
        from_=from_,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        subject=written.subject,
        text=text_from_html(html) if html else written.text,
        html=html,
        attachments=tuple(
            build.DraftAttachment(
                upload.filename, upload.media_type, storage.read(upload), upload.content_id
            )
            for upload in storage.uploads_of(draft.user, draft.key)
            if belongs(upload, relation=draft.relation, html=html)
        ),
        in_reply_to=tuple(draft.in_reply_to.split()),
        references=tuple(draft.references.split()),
        asks_receipt=written.wishes.receipt,
        autocrypt=autocrypt_of(draft.user, from_.addr_spec),
    )
