"""A read receipt on its way: once for a message, with nobody to come back to."""

from webmail.message.address import Address
from webmail.message.build import BuildError
from webmail.message.delivery import typed_address
from webmail.message.header import first
from webmail.message.receipt import Asked, build_receipt
from webmail.store.mailbox import DRAFT, Flag
from webmail.store.protocol import StoreError
from webmail.web.machine_sending import (
    NOT_SENT,
    NotQueued,
    fresh_id,
    identity_of,
    now_of,
    queue_built,
    token_for,
)
from webmail.web.rows import full_time
from webmail.web.sheet import Sheet

MDN_SENT = Flag("$MDNSent")  # RFC 3503


def may_be_given(sheet: Sheet, asked: Asked) -> bool:
    """Once for a message, and never to oneself."""
    flags = sheet.summary.flags
    own = asked.address.addr_spec.lower() in sheet.mine
    return MDN_SENT not in flags and DRAFT not in flags and not own


def give(sheet: Sheet, asked: Asked, *, is_automatic: bool) -> None:
    """Raises NotQueued."""
    request, envelope = sheet.request, sheet.summary.envelope
    identity = identity_of(request, [a.addr_spec for a in (*envelope.to, *envelope.cc)])
    sent = (envelope.date or sheet.summary.internal_date).astimezone(sheet.clock.zone)
    message_id = fresh_id(identity)
    try:
        built = build_receipt(
            to=asked.address,
            reader=Address(identity.name, identity.addr_spec),
            subject=envelope.subject,
            sent_text=full_time(sent),
            original_message_id=envelope.message_id,
            original_recipient=typed_address(first(sheet.opened.fields, "Original-Recipient")),
            message_id=message_id,
            date=now_of(request),
            is_automatic=is_automatic,
        )
    except BuildError as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem
    token = token_for(request, sheet.ref, "receipt")
    subject = f"Read: {envelope.subject}"
    queue_built(
        request,
        identity,
        built,
        message_id=message_id,
        subject=subject,
        token=token,
        keeps_copy=False,
    )
    remember(sheet)


def remember(sheet: Sheet) -> None:
    """$MDNSent, so that no other program of the reader asks or answers again (RFC 3503).

    A server that keeps no keywords is covered by the token: it is queued once.
    """
    try:
        sheet.request.store.set_flags([sheet.ref], add=[MDN_SENT])
    except StoreError:
        return
