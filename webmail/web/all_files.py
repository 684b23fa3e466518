"""All files of a mailbox, newest first: the messages that bring some, looked into 50 at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from webmail.index import growing
from webmail.index.listing import Place
from webmail.index.models import IndexedMailbox
from webmail.index.rows import ListedMessage
from webmail.index.with_files import messages_with_files
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MailboxSummary
from webmail.web.attached import Attached, attachments_of, files_of
from webmail.web.attachment_cards import AttachmentCard, card_of
from webmail.web.file_cards import kind_of
from webmail.web.http import MailRequest, mailboxes_of, page_or_part, with_store
from webmail.web.lists import bring_in_reach
from webmail.web.mailboxes import place_of
from webmail.web.paths import mailbox_url, message_url
from webmail.web.people import clean, name_of
from webmail.web.rows import Clock, clock_of, reader_time
from webmail.web.shell import label_of, special_mailboxes

BATCH = 50
MOST_BATCHES = 4
ENOUGH = 40
_FURTHER = 200

_KINDS = (
    ("", "All", frozenset[str]()),
    ("pictures", "Pictures", frozenset({"image"})),
    ("pdfs", "PDFs", frozenset({"pdf"})),
    ("documents", "Documents", frozenset({"text", "sheet"})),
    ("other", "Other", frozenset({"audio", "video", "archive", "message", "file"})),
)


@dataclass(frozen=True, slots=True)
class ListedFile:
    card: AttachmentCard
    sender: str
    subject: str
    message_url: str
    time_text: str


@dataclass(frozen=True, slots=True)
class KindChip:
    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class FilesView:
    """``is_growing``: older messages are still on their way into the index."""

    title: str
    list_url: str
    url: str
    text: str
    kind: str
    chips: tuple[KindChip, ...]
    files: tuple[ListedFile, ...]
    older_url: str
    newest_url: str
    is_growing: bool


@dataclass(slots=True)
class _Found:
    """``last`` is the place of the last message that was looked into; more may follow it."""

    files: list[tuple[ListedMessage, Attached]] = field(default_factory=list)
    last: Place | None = None
    has_more: bool = True


@require_safe
@with_store
def show(request: MailRequest, mailbox: str) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    asked = request.GET.get("kind", "")
    kind = asked if asked in {name for name, _, _ in _KINDS} else ""
    after = place_of(request.GET.get("after", ""))
    indexed = bring_in_reach(request, mailbox)
    found = _look(request, indexed, after, kind, text)
    clock = clock_of(request)
    key, url = request.account.key, f"{mailbox_url(request.account.key, mailbox)}files/"
    view = FilesView(
        title=_title(mailboxes_of(request), mailbox),
        list_url=mailbox_url(key, mailbox),
        url=url,
        text=text,
        kind=kind,
        chips=tuple(
            KindChip(label, _url(url, name, text), name == kind) for name, label, _ in _KINDS
        ),
        files=tuple(_listed(key, message, file, clock) for message, file in found.files),
        older_url=_url(url, kind, text, found.last) if found.has_more else "",
        newest_url=_url(url, kind, text) if after else "",
        is_growing=not indexed.is_whole and len(found.files) < ENOUGH,
    )
    return page_or_part(
        request, "files/all.html", "files/_all.html", {"view": view}, current=mailbox
    )


def _look(
    request: MailRequest, mailbox: IndexedMailbox, after: Place | None, kind: str, text: str
) -> _Found:
    found = _Found(last=after)
    for _ in range(MOST_BATCHES):
        messages = _messages(request, mailbox, found.last)
        structures = _structures(request, messages)
        for message in messages:
            structure = structures.get(message.ref.uid)
            files = files_of(attachments_of(structure)) if structure else ()
            found.files += [(message, file) for file in _wanted(message, files, kind, text)]
        found.last = messages[-1].place if messages else found.last
        found.has_more = len(messages) == BATCH or not mailbox.is_whole
        if not found.has_more or len(found.files) >= ENOUGH:
            break
    return found


def _messages(
    request: MailRequest, mailbox: IndexedMailbox, after: Place | None
) -> list[ListedMessage]:
    """The next that bring files; an index that does not go so far is made to go further."""
    messages = messages_with_files(mailbox, older_than=after, size=BATCH)
    if len(messages) < BATCH and not mailbox.is_whole:
        growing.extend(request.store, mailbox, _FURTHER)
        messages = messages_with_files(mailbox, older_than=after, size=BATCH)
    return messages


def _structures(request: MailRequest, messages: list[ListedMessage]) -> dict[int, Part]:
    if not messages:
        return {}
    summaries = request.store.summaries([message.ref for message in messages])
    return {summary.ref.uid: summary.structure for summary in summaries}


def _wanted(
    message: ListedMessage, files: tuple[Attached, ...], kind: str, text: str
) -> Iterator[Attached]:
    kinds = next(kinds for name, _, kinds in _KINDS if name == kind)
    words = text.casefold()
    senders = " ".join(f"{each.name} {each.addr_spec}" for each in message.senders).casefold()
    for file in files:
        is_kind = not kinds or kind_of(file.name, file.part.media_type)[0] in kinds
        if is_kind and (words in file.name.casefold() or words in senders):
            yield file


def _listed(key: str, message: ListedMessage, file: Attached, clock: Clock) -> ListedFile:
    return ListedFile(
        card=card_of(key, message.ref, file),
        sender=name_of(message.senders[0]) if message.senders else "(no sender)",
        subject=clean(message.subject) or "(no subject)",
        message_url=message_url(key, message.ref),
        time_text=reader_time(message.internal_date.astimezone(clock.zone), clock),
    )


def _title(mailboxes: tuple[MailboxSummary, ...], name: str) -> str:
    summary = next((each for each in mailboxes if each.name == name), None)
    return label_of(summary, special_mailboxes(mailboxes)) if summary else name


def _url(url: str, kind: str, text: str, after: Place | None = None) -> str:
    place = "{}.{}".format(*after) if after else ""
    pairs = (("kind", kind), ("q", text), ("after", place))
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"{url}?{query}" if query else url
