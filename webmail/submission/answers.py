"""Whether somebody has answered, as their mail server tells it and not what we remember of it.

An answer is a message from one of those who are written to, by a person, that refers to
the conversation and came after a moment.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from webmail.message.automatic import is_automatic
from webmail.message.header import split_fields
from webmail.message.query import And, Or, Query, Term
from webmail.store.mailbox import MailboxSummary, MessageRef, MessageSummary, SpecialUse
from webmail.store.protocol import MailboxNotFound, MailStore, MessageGone
from webmail.submission.endings import clean_words

# Of a long conversation: its beginning and its end, as References itself is cut.
MOST_REFERENCES = 12
_MOST_LOOKED_AT = 50
_OUR_OWN = (SpecialUse.SENT, SpecialUse.DRAFTS)
# Where everything else is too, if there is a mailbox of everything.
_BESIDE_ALL = (SpecialUse.ALL, SpecialUse.JUNK, SpecialUse.TRASH)


@dataclass(frozen=True, slots=True)
class Awaited:
    """``follows`` are Message-IDs, ``who`` addresses in lower case."""

    follows: tuple[str, ...]
    who: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """``by`` is a name, or the address of one that has none."""

    by: str
    at: datetime


def awaited(follows: Collection[str], recipients: Collection[str], since: datetime) -> Awaited:
    """``since`` counts from the beginning of its second: servers keep no parts of one."""
    ids = list(dict.fromkeys(follows))
    kept = [*ids[:1], *ids[1:][-(MOST_REFERENCES - 1) :]]
    who = frozenset(each.lower() for each in recipients)
    return Awaited(tuple(kept), who, since.replace(microsecond=0))


def find_answer(store: MailStore, wanted: Awaited) -> Answer | None:
    """The first one found; raises StoreError where it cannot be known that there is none."""
    if not wanted.follows:
        return None
    query = _query(wanted)
    for mailbox in _mailboxes(store):
        try:
            refs = store.search(mailbox.name, query)
        except MailboxNotFound:
            continue  # removed since they were listed
        summaries = store.summaries(refs[:_MOST_LOOKED_AT]) if refs else ()
        if answer := found_in(store, summaries, wanted):
            return answer
    return None


def found_in(
    store: MailStore, summaries: Iterable[MessageSummary], wanted: Awaited
) -> Answer | None:
    """The first of these messages that is an answer."""
    for summary in summaries:
        if _is_answer(store, summary, wanted):
            author = summary.envelope.from_[0]
            by = clean_words(author.name or author.addr_spec)[:320]
            return Answer(by, summary.internal_date)
    return None


def _is_answer(store: MailStore, summary: MessageSummary, wanted: Awaited) -> bool:
    envelope = summary.envelope
    authors = {each.addr_spec.lower() for each in envelope.from_}
    refers = {*envelope.references, *envelope.in_reply_to}
    if summary.internal_date < wanted.since or not authors & wanted.who:
        return False
    if not refers & {*wanted.follows}:
        return False
    return not _is_automatic(store, summary.ref, summary)


def _is_automatic(store: MailStore, ref: MessageRef, summary: MessageSummary) -> bool:
    try:
        fields = split_fields(store.headers(ref))
    except MessageGone:
        return False  # it came, whatever became of it
    return is_automatic(fields, summary.envelope.from_[0].addr_spec, summary.structure.media_type)


def _query(wanted: Awaited) -> Query:
    """SINCE goes by the server's own day, which may be the one before ours."""
    day = (wanted.since - timedelta(days=1)).date()
    return And((Term("after", day), Or(tuple(Term("refers", each) for each in wanted.follows))))


def _mailboxes(store: MailStore) -> Iterator[MailboxSummary]:
    """Wherever an answer may have been filed, thrown away or taken for spam."""
    named = [each for each in store.mailboxes() if each.is_selectable]
    if any(each.special_use is SpecialUse.ALL for each in named):
        named = [each for each in named if each.special_use in _BESIDE_ALL]
    yield from (each for each in named if each.special_use not in _OUR_OWN)
