"""What a server says of itself and of an account's room: ID, QUOTA, APPENDLIMIT, STATUS=SIZE."""

from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Atom
from webmail.store.imap_grammar import number_of, text_of
from webmail.store.imap_replies import Untagged
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import Quota
from webmail.store.protocol import Refused
from webmail.store.sequence_set import windows

_UNIT_BYTES = 1024
_SMALL_BYTES = 64 * 1024
_AT_ONCE = 10_000


def has_quota(session: ImapSession) -> bool:
    words = session.wire.capabilities
    return "QUOTA" in words or "QUOTA=RES-STORAGE" in words


def fetch_quota(session: ImapSession) -> Quota | None:
    """The storage quota of the inbox that leaves the least room; None without any."""
    if not has_quota(session):
        return None
    try:
        reply = session.command("GETQUOTAROOT", session.name("INBOX"))
    except Refused:
        return None
    found = [quota for response in reply.of("QUOTA") for quota in _storage(response)]
    return min(found, key=lambda quota: quota.limit_bytes - quota.used_bytes, default=None)


def check_append_limit(session: ImapSession, mailbox: str, size_bytes: int) -> None:
    """RFC 7889: no use sending what the server will not take."""
    limit = find_append_limit(session)
    if limit is None and session.can("APPENDLIMIT") and size_bytes > _SMALL_BYTES:
        limit = _limit_of(session, mailbox)
    if limit is not None and size_bytes > limit:
        raise Refused(
            f"{session.wire.host} takes messages of {limit} bytes at most.",
            host=session.wire.host,
            code="TOOBIG",
        )


def find_append_limit(session: ImapSession) -> int | None:
    """The limit of all mailboxes, where the server has one."""
    for word in session.wire.capabilities:
        name, _, limit = word.partition("=")
        if name == "APPENDLIMIT" and limit.isdigit():
            return int(limit)
    return None


def mailbox_size(session: ImapSession, mailbox: str) -> int:
    """1 command with STATUS=SIZE (RFC 8438); else the sizes of all messages are fetched."""
    if session.can("STATUS=SIZE") or session.can("IMAP4REV2"):
        session.hear_of(mailbox)
        return _status_number(session, mailbox, "SIZE") or 0
    exists = session.refresh(mailbox).exists
    sizes: dict[int, int] = {}
    for window in windows(1, exists, count=exists, size=_AT_ONCE):
        numbers = Atom(f"{window[0]}:{window[-1]}")
        for items in codec.fetched(session.command("FETCH", numbers, Atom("(RFC822.SIZE)"))):
            if b"RFC822.SIZE" in items:
                sizes[items[b"SEQ"]] = number_of(items[b"RFC822.SIZE"])
    return sum(sizes.values())


def _limit_of(session: ImapSession, mailbox: str) -> int | None:
    try:
        return _status_number(session, mailbox, "APPENDLIMIT")
    except Refused:
        return None


def _status_number(session: ImapSession, mailbox: str, item: str) -> int | None:
    """One number of a STATUS; None for NIL."""
    reply = session.mailbox_command("STATUS", mailbox, [Atom(item)])
    for response in reply.of("STATUS"):
        told = codec.words_in(response)[-1:]
        for pairs in (words for words in told if isinstance(words, tuple)):
            named = {text_of(k).upper(): v for k, v in zip(pairs[::2], pairs[1::2], strict=False)}
            return named[item] if isinstance(named.get(item), int) else None
    return None


def _storage(response: Untagged) -> list[Quota]:
    """``("root" (STORAGE used limit …))``, counted in units of 1024 octets (RFC 9208, 5.1)."""
    *_, resources = (None, *codec.words_in(response))
    if not isinstance(resources, tuple):
        return []
    triples = zip(resources[::3], resources[1::3], resources[2::3], strict=False)
    return [
        Quota(number_of(used) * _UNIT_BYTES, number_of(limit) * _UNIT_BYTES)
        for name, used, limit in triples
        if text_of(name).upper() == "STORAGE" and number_of(limit)
    ]
