"""How large a message may be: the administrator's word, and the submission server's."""

from django.conf import settings

from webmail.accounts.connect import NotConfigured, submission_endpoint, tls_context
from webmail.accounts.models import Account
from webmail.attachments.models import Upload
from webmail.submission import offers
from webmail.web.sizes import size_text

# Base64 with its line ends: 78 octets for 57.
_GROWTH_NUMERATOR, _GROWTH_DENOMINATOR = 78, 57


class TooLarge(Exception):
    """The message would be larger than the administrator or the server takes."""


def message_limit(account: Account) -> int:
    """The smaller of the two limits, as far as they are known."""
    limit: int = settings.WEBMAIL_MAX_MESSAGE_BYTES
    try:
        return min(limit, offers.known_limit(submission_endpoint(account)) or limit)
    except NotConfigured:
        return limit


def takes_eight_bits(account: Account) -> bool:
    """Whether the server offered 8BITMIME when it was last asked; yes where it was not."""
    try:
        known = offers.known_offers(submission_endpoint(account))
    except NotConfigured:
        return True
    return known is None or known.eight_bits


def ask_server(account: Account) -> None:
    """Asks the server for its SIZE before something large is taken (RFC 1870)."""
    try:
        offers.ask(submission_endpoint(account), tls_context())
    except NotConfigured:
        return


def check_size(account: Account, size_bytes: int) -> None:
    """Raises TooLarge with a sentence for the one who wrote it."""
    limit = message_limit(account)
    if size_bytes > limit:
        raise TooLarge(f"This message is {size_text(size_bytes)}. The limit is {size_text(limit)}.")


def room_bytes(account: Account, uploads: list[Upload]) -> int:
    """The largest file that still fits beside ``uploads``."""
    taken = sum(_wire_size(upload.size_bytes) for upload in uploads)
    left = message_limit(account) - taken
    return max(left * _GROWTH_DENOMINATOR // _GROWTH_NUMERATOR, 0)


def _wire_size(size_bytes: int) -> int:
    """About how much room a file takes in a message."""
    return size_bytes * _GROWTH_NUMERATOR // _GROWTH_DENOMINATOR
