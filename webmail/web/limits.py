"""How large a message may be: the administrator's word, and the submission server's."""

from django.conf import settings

from webmail.accounts.connect import NotConfigured, tls_context
from webmail.accounts.identity_servers import (
    CannotLeave,
    addresses_to_use,
    endpoint_of,
    find_server,
)
from webmail.accounts.models import Account, Identity
from webmail.accounts.writing_as import identity_named
from webmail.attachments.models import Upload
from webmail.submission import offers
from webmail.submission.models import StoredDraft
from webmail.web.sizes import size_text

# Base64 with its line ends: 78 octets for 57.
_GROWTH_NUMERATOR, _GROWTH_DENOMINATOR = 78, 57


class TooLarge(Exception):
    """The message would be larger than the administrator or the server takes."""


def writer_of(draft: StoredDraft) -> Identity | None:
    """The identity that a draft is written under, whose server takes it."""
    return identity_named(draft.account, str(draft.fields.get("identity", "")))


def message_limit(account: Account, identity: Identity | None) -> int:
    """The smaller of the two limits, as far as they are known."""
    limit: int = settings.WEBMAIL_MAX_MESSAGE_BYTES
    try:
        return min(limit, offers.known_limit(endpoint_of(account, identity)) or limit)
    except (NotConfigured, CannotLeave):
        return limit


def takes_eight_bits(account: Account, identity: Identity | None) -> bool:
    """Whether the server offered 8BITMIME when it was last asked; yes where it was not."""
    try:
        known = offers.known_offers(endpoint_of(account, identity))
    except (NotConfigured, CannotLeave):
        return True
    return known is None or known.eight_bits


def ask_server(account: Account, identity: Identity | None) -> None:
    """Asks the server for its SIZE before something large is taken (RFC 1870)."""
    try:
        endpoint = endpoint_of(account, identity)
        if offers.is_known(endpoint):
            return
        server = find_server(identity)
        is_named = server is not None and not server.provider
        addresses = addresses_to_use(endpoint) if is_named else ()
        offers.ask(endpoint, tls_context(), addresses)
    except (NotConfigured, CannotLeave):
        return


def check_size(account: Account, identity: Identity | None, size_bytes: int) -> None:
    """Raises TooLarge with a sentence for the one who wrote it."""
    limit = message_limit(account, identity)
    if size_bytes > limit:
        raise TooLarge(f"This message is {size_text(size_bytes)}. The limit is {size_text(limit)}.")


def room_bytes(account: Account, identity: Identity | None, uploads: list[Upload]) -> int:
    """The largest file that still fits beside ``uploads``."""
    taken = sum(_wire_size(upload.size_bytes) for upload in uploads)
    left = message_limit(account, identity) - taken
    return max(left * _GROWTH_DENOMINATOR // _GROWTH_NUMERATOR, 0)


def _wire_size(size_bytes: int) -> int:
    """About how much room a file takes in a message."""
    return size_bytes * _GROWTH_NUMERATOR // _GROWTH_DENOMINATOR
