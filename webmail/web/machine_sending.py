"""Into the outbox with a message that the reader let a program of ours write."""

import uuid
from datetime import datetime

from django.utils import timezone

from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.disk import DiskFull
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.accounts.models import Identity
from webmail.accounts.writing_as import find_sender
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.store.mailbox import MessageRef
from webmail.submission import outbox
from webmail.web.http import MailRequest
from webmail.web.identities import is_own_address
from webmail.web.rows import reader_zone
from webmail.web.sending import SIGN_IN_AGAIN

NOT_SENT = "Not sent. {words}"


class NotQueued(Exception):
    """The sentence says why, for the reader."""


def token_for(request: MailRequest, ref: MessageRef, act: str) -> uuid.UUID:
    """The same for the same act on the same message: it is sent once, however often asked."""
    name = f"{request.account.pk}/{ref.mailbox}/{ref.uidvalidity}/{ref.uid}/{act}"
    return uuid.uuid5(uuid.NAMESPACE_URL, f"hearth:{name}")


def identity_of(request: MailRequest, addresses: list[str]) -> Identity:
    """The reader's identity that one of the addresses names, else the default one.

    A tag of the account's own address is the account's own (RFC 5233).
    """
    account = request.account
    sender = find_sender(account, addresses)
    if sender is not None and sender.addr_spec == sender.identity.addr_spec:
        return sender.identity
    default = account.identities.first() or Identity(account=account, addr_spec=account.address)
    if sender is not None:  # the same row, so that it leaves by its server; never saved
        own = sender.identity
        return Identity(pk=own.pk, account=account, addr_spec=sender.addr_spec, name=own.name)
    for address in addresses:
        if is_own_address(account, address):
            return Identity(account=account, addr_spec=address, name=default.name)
    return default


def fresh_id(identity: Identity) -> str:
    """Raises NotQueued where the identity has no domain."""
    try:
        return new_message_id(identity.addr_spec.rpartition("@")[2])
    except BuildError as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem


def now_of(request: MailRequest) -> datetime:
    """Now, in the reader's zone, as a Date field has it."""
    return timezone.now().astimezone(reader_zone(request))


def queue_built(
    request: MailRequest,
    identity: Identity,
    built: BuiltMessage,
    *,
    message_id: str,
    subject: str,
    token: uuid.UUID,
    keeps_copy: bool = True,
) -> bool:
    """Durable when this returns; False when this token was queued before.  Raises NotQueued."""
    try:
        _, is_new = outbox.queue(
            user=request.user,
            account=request.account,
            identity=identity if identity.pk else None,
            client_token=token,
            draft=None,
            built=built,
            message_id=message_id,
            subject=subject,
            password=password_for(request, request.account),
            access=access_of(request, identity),
            undo_s=0,
            keeps_copy=keeps_copy,
        )
    except (NeedsPassword, NeedsKey) as problem:
        raise NotQueued(SIGN_IN_AGAIN) from problem
    except (DiskFull, CannotLeave) as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem
    return is_new
