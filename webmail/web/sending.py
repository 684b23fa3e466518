"""From a saved draft to a row in the outbox."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.disk import DiskFull
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.accounts.writing_as import ForeignSender, Sender, read_sender
from webmail.attachments import storage
from webmail.index.telling import lend_store
from webmail.message.address import Address
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.message.sealed import HIDDEN_SUBJECT
from webmail.submission import drafts, outbox
from webmail.submission.models import Outgoing, StoredDraft
from webmail.submission.wishes import Wishes, wishes_from_names
from webmail.web.assemble import BY_ITSELF, build_message
from webmail.web.building import in_turn
from webmail.web.certificate_writing import NeedsPassphrase, build_certified, remember
from webmail.web.compose_form import (
    OPENPGP,
    SMIME,
    carried_of,
    is_to_be_encrypted,
    is_to_be_protected,
    protection_from_names,
)
from webmail.web.limits import TooLarge
from webmail.web.openpgp_writing import build_protected, entity_json
from webmail.web.recipient_marks import letters_refusal
from webmail.web.recipients import Recipients, read_recipients
from webmail.web.saving import fetch_carried, written_at
from webmail.web.second_thoughts import questions_of
from webmail.web.trouble import TROUBLES, words_for
from webmail.web.wishes import refusal_of

NOT_BUILT = (
    *(BuildError, TooLarge, DiskFull, storage.UploadTooLarge, storage.UploadDamaged),
    *TROUBLES,
)
EITHER = "Choose OpenPGP or a certificate: a message cannot be signed or encrypted with both."
NOBODY = "Write at least one address."
NO_CONVERSATION = "Not queued: this message answers no other, so nobody can answer before it."
SIGN_IN_AGAIN = "Not sent: your session has ended. Sign in again; the message is kept as a draft."


@dataclass(frozen=True, slots=True)
class Sent:
    """``is_new`` is false when this draft was queued before: the same row again (F01)."""

    outgoing: Outgoing
    is_new: bool


@dataclass(frozen=True, slots=True)
class When:
    """``send_at`` is None for at once; only what leaves later can wait for an answer."""

    send_at: datetime | None = None
    unless_answered: bool = False
    remind_at: datetime | None = None

    @property
    def has_condition(self) -> bool:
        return self.unless_answered and self.send_at is not None


AT_ONCE = When()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a draft that may leave says of itself."""

    recipients: Recipients
    sender: Sender
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class NotSent:
    """A sentence for each field that is wrong, or for the whole (``form``); or what its writer
    is asked first: ``questions``, or for the ``passphrase`` of a certificate."""

    errors: dict[str, str]
    questions: tuple[str, ...] = ()
    passphrase: str = ""


@in_turn
def send(
    request: HttpRequest,
    draft: StoredDraft,
    *,
    is_sure: bool = False,
    when: When = AT_ONCE,
) -> Sent | NotSent:
    """Queues the draft, once for its token.  Who is sure is not asked.

    What leaves later says so in its Date field.
    """
    before = drafts.find_outgoing(draft)
    if before is not None:
        return Sent(before, is_new=False)
    checked = check(request, draft, when, is_sure=is_sure, is_protected=True)
    if isinstance(checked, NotSent):
        return checked
    recipients, sender, wishes = checked.recipients, checked.sender, checked.wishes
    try:
        fetch_rest(request, draft)
        built, message_id = _build(request, draft, recipients, sender.address, when)
    except NeedsPassphrase as problem:
        return NotSent({}, passphrase=str(problem))
    except NOT_BUILT as problem:
        return not_built(problem)
    try:
        sent = _queue(request, draft, sender, built, message_id, when, wishes)
        remember(draft, sender)
        return sent
    except (NeedsPassword, NeedsKey):
        return NotSent({"form": SIGN_IN_AGAIN})
    except (DiskFull, CannotLeave) as problem:
        return NotSent({"form": f"Not sent. {problem} The message is kept as a draft."})


def _build(
    request: HttpRequest,
    draft: StoredDraft,
    recipients: Recipients,
    from_: Address,
    when: When,
) -> tuple[BuiltMessage, str]:
    protect = set(protection_from_names(draft.fields.get("protect", ())))
    if protect & OPENPGP and protect & SMIME:
        raise BuildError(EITHER)
    if protect & SMIME:
        return build_certified(request, draft, recipients, from_, when.send_at)
    if protect & OPENPGP:
        return build_protected(request, draft, recipients, from_, when.send_at)
    message_id = new_message_id(from_.addr_spec.rpartition("@")[2])
    date = when.send_at or written_at(request)
    return build_message(draft, recipients, from_, message_id=message_id, date=date), message_id


@in_turn
def entity(
    request: HttpRequest, draft: StoredDraft, *, is_sure: bool = False
) -> dict[str, object] | NotSent:
    """What the browser signs or encrypts before ``send``, after the same questions."""
    checked = check(request, draft, is_sure=is_sure, is_protected=True)
    if isinstance(checked, NotSent):
        return checked
    try:
        fetch_rest(request, draft)
        return entity_json(request, draft, checked.recipients, checked.sender.address)
    except NOT_BUILT as problem:
        return not_built(problem)


def not_built(problem: Exception) -> NotSent:
    if isinstance(problem, storage.UploadTooLarge):
        sentence = "The files of the original are too large to send."
    elif isinstance(problem, storage.UploadDamaged):
        sentence = f"The file “{problem}” is damaged; attach it again."
    elif isinstance(problem, (BuildError, TooLarge, DiskFull)):
        sentence = str(problem)
    else:
        sentence = words_for(problem)
    return NotSent({"form": f"Not sent. {sentence}"})


def check(
    request: HttpRequest,
    draft: StoredDraft,
    when: When = AT_ONCE,
    *,
    is_sure: bool = False,
    is_protected: bool = False,
) -> Checked | NotSent:
    """Whom it goes to and from, or why it does not; who is sure is asked nothing.

    ``is_protected``: by a way of sending that signs and encrypts where the draft asks for it.
    """
    if is_to_be_protected(draft.fields.get("protect", ())) and not is_protected:
        return NotSent({"form": BY_ITSELF})
    recipients, errors = read_recipients(draft.fields)
    if not recipients and not errors:
        errors["to"] = NOBODY
    wishes = wishes_from_names(draft.fields.get("wishes", ()))
    named, typed = (str(draft.fields.get(name, "")) for name in ("identity", "sender"))
    try:
        sender = read_sender(draft.account, named, typed)
    except ForeignSender as problem:
        return NotSent({**errors, "identity": str(problem)})
    if errors:
        return NotSent(errors)
    if refusal := refusal_of(draft.account, sender.identity, wishes):
        return NotSent({"form": refusal})
    everybody = (*recipients.to, *recipients.cc, *recipients.bcc)
    if refusal := letters_refusal(draft.account, sender.identity, everybody):
        return NotSent({"form": f"Not sent. {refusal}"})
    if when.has_condition and not (draft.in_reply_to or draft.references):
        return NotSent({"form": NO_CONVERSATION})
    questions = () if is_sure else questions_of(request, draft, recipients)
    if questions:
        return NotSent({}, questions)
    return Checked(recipients, sender, wishes)


def fetch_rest(request: HttpRequest, draft: StoredDraft) -> None:
    if carried_of(draft):
        with lend_store(request, draft.account) as store:
            fetch_carried(store, draft)


def _queue(
    request: HttpRequest,
    draft: StoredDraft,
    sender: Sender,
    built: BuiltMessage,
    message_id: str,
    when: When,
    wishes: Wishes,
) -> Sent:
    outgoing, is_new = outbox.queue(
        user=request.user,
        account=draft.account,
        identity=sender.identity,
        client_token=draft.client_token,
        draft=draft,
        built=built,
        message_id=message_id,
        subject=_shown_subject(draft),
        password=password_for(request, draft.account),
        access=access_of(request, sender.identity),
        undo_s=settings.WEBMAIL_UNDO_SECONDS,
        send_at=when.send_at,
        wishes=wishes,
        unless_answered=when.has_condition,
        remind_at=when.remind_at,
    )
    return Sent(outgoing, is_new)


def _shown_subject(draft: StoredDraft) -> str:
    """The outbox outlives the draft, so it keeps what the message itself shows."""
    if is_to_be_encrypted(draft.fields.get("protect", ())):
        return HIDDEN_SUBJECT
    return str(draft.fields.get("subject", ""))
