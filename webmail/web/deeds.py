"""What the buttons do: each deed on a store, and the steps that would take it back."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby

from webmail.message.query import Not, Query, Term
from webmail.store.mailbox import (
    FLAGGED,
    JUNK,
    NOT_JUNK,
    SEEN,
    Flag,
    MailboxSummary,
    MessageRef,
    SpecialUse,
)
from webmail.store.protocol import MailboxNotFound, MailStore, Refused
from webmail.web.rows import count_text
from webmail.web.shell import SPECIAL, place_for_new, special_mailboxes
from webmail.web.undo import Step

Refs = tuple[MessageRef, ...]

# What a mailbox of each use is called where we have to make it.
_NEW_NAMES = {SpecialUse.ARCHIVE: "Archive", SpecialUse.JUNK: "Junk", SpecialUse.TRASH: "Trash"}


@dataclass(frozen=True, slots=True)
class Done:
    """A deed done to ``count`` messages; ``where`` is the folder they went to, if any."""

    count: int
    where: str = ""
    inverse: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """The account a deed is done in; ``mailboxes`` as last listed, or as the server lists them."""

    store: MailStore
    account_key: str
    mailboxes: tuple[MailboxSummary, ...]


def do(here: Here, name: str, refs: Refs, target: str) -> Iterator[Done]:
    """Does it mailbox by mailbox and says so after each.  Raises the StoreError tree.

    A folder that is not where it was last listed is looked for once more: to ask the server
    first each time would cost more than the deed.
    """
    ordered = sorted(refs, key=lambda ref: (ref.mailbox, ref.uidvalidity, ref.uid))
    for _, group in groupby(ordered, key=lambda ref: (ref.mailbox, ref.uidvalidity)):
        same = tuple(group)
        try:
            done = DEEDS[name](here, same, target)
        except MailboxNotFound:
            if name == "delete":  # what Trash is now was not asked for: it may be where they are
                raise
            here = replace(here, mailboxes=here.store.mailboxes())
            done = DEEDS[name](here, same, target)
        yield done


# -- flags ---------------------------------------------------------------------------------------

_CHANGES: dict[str, tuple[Flag, bool, Query]] = {
    # name: flag, whether it is added, which messages it changes
    "seen": (SEEN, True, Term("is", "unread")),
    "unseen": (SEEN, False, Not(Term("is", "unread"))),
    "flag": (FLAGGED, True, Not(Term("is", "flagged"))),
    "unflag": (FLAGGED, False, Term("is", "flagged")),
}


def _change_flag(name: str) -> Callable[..., Done]:
    flag, adds, changed_by_it = _CHANGES[name]

    def change(here: Here, refs: Refs, _target: str) -> Done:
        changed = refs if len(refs) == 1 else _among(here.store, refs, changed_by_it)
        here.store.set_flags(refs, **{"add" if adds else "remove": [flag]})
        step = Step(here.account_key, changed, **{"remove" if adds else "add": (flag.name,)})
        return Done(len(refs), inverse=(step,) if changed else ())

    return change


def _among(store: MailStore, refs: Refs, query: Query) -> Refs:
    """Those that the deed changes, so that undoing it leaves the others as they were."""
    found = set(store.search(refs[0].mailbox, query))
    return tuple(ref for ref in refs if ref in found)


# -- places --------------------------------------------------------------------------------------


def _archive(here: Here, refs: Refs, _target: str) -> Done:
    return _move_to(here, refs, _get_special(here, SpecialUse.ARCHIVE))


def _delete(here: Here, refs: Refs, target: str) -> Done:
    trash = _get_special(here, SpecialUse.TRASH)
    if refs[0].mailbox == trash.name:
        return _destroy(here, refs, target)
    return _move_to(here, refs, trash)


def _destroy(here: Here, refs: Refs, _target: str) -> Done:
    here.store.expunge(refs)
    return Done(len(refs))


def _spam(here: Here, refs: Refs, _target: str) -> Done:
    junk = _get_special(here, SpecialUse.JUNK)
    _set_keywords(here.store, refs, add=JUNK, remove=NOT_JUNK)
    return _move_to(here, refs, junk, remove=(JUNK.name,))


def _not_spam(here: Here, refs: Refs, _target: str) -> Done:
    inbox = MailboxSummary("INBOX", "", SpecialUse.INBOX)
    _set_keywords(here.store, refs, add=NOT_JUNK, remove=JUNK)
    return _move_to(here, refs, inbox, remove=(NOT_JUNK.name,))


def _set_keywords(store: MailStore, refs: Refs, *, add: Flag, remove: Flag) -> None:
    # Keywords teach the server's filter; where it takes none, the move alone must do.
    with suppress(Refused):
        store.set_flags(refs, add=[add], remove=[remove])


def _move(here: Here, refs: Refs, target: str) -> Done:
    return _move_to(here, refs, _get_target(here, target))


def _copy(here: Here, refs: Refs, target: str) -> Done:
    mailbox = _get_target(here, target)
    copies = here.store.copy(refs, mailbox.name)
    step = Step(here.account_key, copies, destroy=True)
    return Done(len(refs), _label(mailbox), (step,) if len(copies) == len(refs) else ())


def _move_to(
    here: Here,
    refs: Refs,
    mailbox: MailboxSummary,
    *,
    remove: tuple[str, ...] = (),
) -> Done:
    """Moves, and remembers the way back as far as the server told where they went."""
    source = refs[0].mailbox
    if source == mailbox.name:
        return Done(len(refs), _label(mailbox))
    now = here.store.move(refs, mailbox.name)
    step = Step(here.account_key, now, move_to=source, remove=remove)
    return Done(len(refs), _label(mailbox), (step,) if now else ())


def _get_target(here: Here, name: str) -> MailboxSummary:
    """Only a name that the server lists is ever moved to (T43)."""
    for mailbox in here.mailboxes:
        if mailbox.name == name and mailbox.is_selectable:
            return mailbox
    raise MailboxNotFound(f"There is no folder {name}.")


def _get_special(here: Here, use: SpecialUse) -> MailboxSummary:
    """The mailbox of this use, made where the account has none."""
    found = special_mailboxes(here.mailboxes).get(use)
    if found is not None:
        return found
    mailboxes = here.store.mailboxes()
    found = special_mailboxes(mailboxes).get(use)
    if found is not None:
        return found
    delimiter = next((m.delimiter for m in mailboxes if m.delimiter), "")
    place = place_for_new(mailboxes)
    name = f"{place}{delimiter}{_NEW_NAMES[use]}" if place else _NEW_NAMES[use]
    name = here.store.create_mailbox(name, use)
    return MailboxSummary(name, delimiter, use)


def _label(mailbox: MailboxSummary) -> str:
    use = mailbox.special_use
    return SPECIAL[use][0] if use in SPECIAL else mailbox.leaf


DEEDS: dict[str, Callable[..., Done]] = {
    **{name: _change_flag(name) for name in _CHANGES},
    "archive": _archive,
    "delete": _delete,
    "destroy": _destroy,
    "spam": _spam,
    "not_spam": _not_spam,
    "move": _move,
    "copy": _copy,
}

_SENTENCES = {
    "seen": "{count} marked read",
    "unseen": "{count} marked unread",
    "flag": "{count} flagged",
    "unflag": "Flag removed from {count}",
    "archive": "{count} archived",
    "delete": "{count} moved to Trash",
    "destroy": "{count} deleted for good",
    "spam": "{count} moved to Spam",
    "not_spam": "{count} moved to Inbox",
    "move": "{count} moved to {where}",
    "copy": "{count} copied to {where}",
}


def sentence(name: str, done: Iterable[Done]) -> str:
    """``3 messages archived``."""
    done = tuple(done)
    total = sum(each.count for each in done)
    name = "destroy" if name == "delete" and not any(each.where for each in done) else name
    where = done[0].where if done else ""
    return _SENTENCES[name].format(count=count_text(total, "message", "messages"), where=where)
