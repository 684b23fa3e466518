"""The mailboxes of an account: LIST, LIST-STATUS, SPECIAL-USE, subscriptions."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_replies import Reply
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import MailboxStatus, MailboxSummary, SpecialUse
from webmail.store.naming import check_mailbox_name
from webmail.store.protocol import Refused
from webmail.store.special_use import with_special_uses


def list_mailboxes(session: ImapSession) -> tuple[MailboxSummary, ...]:
    """All mailboxes with their status, in the server's order.

    One command with LIST-STATUS (RFC 5819); else LIST, LSUB and a STATUS for each.
    """
    if session.selected is not None:
        session.hear_of(session.selected.mailbox)
    if session.can("LIST-EXTENDED", "LIST-STATUS"):
        found = _with_status(session, *_list_all_at_once(session))
    else:
        found = [_asked_one_by_one(session, mailbox) for mailbox in _list_plainly(session)]
    # With SPECIAL-USE the names hardly matter, and one command fewer does.
    prefix = "" if session.can("SPECIAL-USE") else personal_prefix(session)
    return with_special_uses(found, prefix=prefix)


def _list_all_at_once(
    session: ImapSession,
) -> tuple[list[MailboxSummary], dict[str, MailboxStatus]]:
    wanted: list[Argument] = [Atom("SUBSCRIBED"), Atom("STATUS"), session.status_items()]
    if session.can("SPECIAL-USE"):
        wanted.insert(0, Atom("SPECIAL-USE"))
    reply = session.command("LIST", "", "*", Atom("RETURN"), wanted)
    statuses = (codec.status_from(r, is_utf8=session.is_utf8) for r in reply.of("STATUS"))
    return _listed(session, reply), dict(statuses)


def _with_status(
    session: ImapSession, found: list[MailboxSummary], statuses: dict[str, MailboxStatus]
) -> list[MailboxSummary]:
    """A STATUS that stayed out is asked for: RFC 5819 lets a server leave out the hard ones."""
    return [
        replace(mailbox, status=statuses[mailbox.name])
        if mailbox.name in statuses
        else _asked_one_by_one(session, mailbox)
        for mailbox in found
    ]


def _list_plainly(session: ImapSession) -> list[MailboxSummary]:
    found = _listed(session, session.command("LIST", "", "*"))
    reply = session.command("LSUB", "", "*")
    subscribed = {mailbox.name for mailbox in _listed(session, reply, kind="LSUB")}
    return [replace(m, is_subscribed=m.is_subscribed or m.name in subscribed) for m in found]


def _asked_one_by_one(session: ImapSession, mailbox: MailboxSummary) -> MailboxSummary:
    if not mailbox.is_selectable:
        return mailbox
    try:
        reply = session.command("STATUS", session.name(mailbox.name), session.status_items())
    except Refused:
        # Listed, but not ours to look into, or gone between the two commands.
        return replace(mailbox, is_selectable=False)
    statuses = [codec.status_from(r, is_utf8=session.is_utf8)[1] for r in reply.of("STATUS")]
    return replace(mailbox, status=statuses[0] if statuses else None)


def _listed(session: ImapSession, reply: Reply, *, kind: str = "LIST") -> list[MailboxSummary]:
    found: dict[str, MailboxSummary] = {}
    for response in reply.of(kind):
        mailbox = codec.listed(response, is_utf8=session.is_utf8)
        if mailbox is not None:
            found[mailbox.name] = mailbox
    return _inbox_first(found.values())


def _inbox_first(mailboxes: Iterable[MailboxSummary]) -> list[MailboxSummary]:
    return sorted(mailboxes, key=lambda mailbox: mailbox.name != "INBOX")


def personal_prefix(session: ImapSession) -> str:
    """Asked once a session: where people's own mailboxes live (RFC 2342)."""
    if session.personal_prefix is None:
        session.personal_prefix = ""
        if session.can("NAMESPACE"):
            for response in session.command("NAMESPACE").of("NAMESPACE"):
                session.personal_prefix = codec.personal_prefix(response)
    return session.personal_prefix


def create_mailbox(session: ImapSession, name: str, special_use: SpecialUse | None) -> str:
    check_mailbox_name(name, host=session.wire.host)
    prefix = personal_prefix(session)
    if prefix and prefix[-1] not in name:
        name = prefix + name
    _create(session, name, special_use)
    session.command("SUBSCRIBE", session.name(name))
    return name


def rename_mailbox(session: ImapSession, name: str, new_name: str) -> None:
    session.leave(name)
    session.mailbox_command("RENAME", name, session.name(new_name))
    session.command("SUBSCRIBE", session.name(new_name))
    _unsubscribe(session, name)


def delete_mailbox(session: ImapSession, name: str) -> None:
    session.leave(name)
    session.mailbox_command("DELETE", name)
    _unsubscribe(session, name)


def _create(session: ImapSession, name: str, special_use: SpecialUse | None) -> None:
    if special_use is not None and session.can("CREATE-SPECIAL-USE"):
        use = [Atom("USE"), [Atom(f"\\{special_use.value.capitalize()}")]]
        try:
            session.mailbox_command("CREATE", name, use)
        except Refused as refusal:
            if refusal.code != "USEATTR":
                raise
        else:
            return
    session.mailbox_command("CREATE", name)


def _unsubscribe(session: ImapSession, name: str) -> None:
    with contextlib.suppress(Refused):
        session.command("UNSUBSCRIBE", session.name(name))
