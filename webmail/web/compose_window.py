"""The compose window as the template sees it, drawn for a fresh draft or a stored one."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from webmail.accounts.models import Account
from webmail.accounts.writing_as import identity_named
from webmail.attachments import resumable, storage
from webmail.attachments.models import Upload
from webmail.store.mailbox import MessageRef
from webmail.submission import drafts
from webmail.submission.drafts import FreshDraft
from webmail.submission.models import StoredDraft
from webmail.web.carried import CarriedPart
from webmail.web.certificate_writing import find_certified
from webmail.web.choices_kept import Chosen, chosen_of, kept_of, times_of
from webmail.web.compose_form import (
    RICH,
    Written,
    carried_of,
    decrypted_in,
    sign_fresh,
    written_from_fields,
)
from webmail.web.file_cards import carried_cards, unfinished_cards, upload_cards
from webmail.web.http import is_part
from webmail.web.later import REMINDERS, choices
from webmail.web.limits import message_limit, room_bytes
from webmail.web.openpgp_writing import find_protection
from webmail.web.paths import mailbox_url, message_url, part_url
from webmail.web.rail import rail_context
from webmail.web.recipient_marks import words_beside
from webmail.web.recipients import read_recipients
from webmail.web.rows import clock_of
from webmail.web.senders import note_for, sender_choice
from webmail.web.signature_choice import signature_options
from webmail.web.sizes import size_text
from webmail.web.suggestions import offers_for
from webmail.web.text_pictures import is_beside
from webmail.web.wishes import said_of, wish_choices, wishes_note

_MOST_LISTED = 50
_TITLES = {
    "reply": "Reply",
    "reply_all": "Reply to all",
    "reply_list": "Reply to list",
    "forward": "Forward",
}


@dataclass(frozen=True, slots=True)
class Window:
    """One compose window.

    ``fresh`` is the signed draft that nobody has saved yet, empty for a stored one.
    ``errors`` has a sentence for each field that is wrong, and ``form`` for the whole;
    ``chosen`` is what stands in the menu beside Send, ``kept`` what of it was kept with the
    draft; ``questions`` are what its writer is asked before it leaves, ``passphrase`` the words
    that ask for one, and ``act`` what they then do.
    """

    account: Account
    key: str
    written: Written
    fresh: str = ""
    revision: int = 0
    marks: str = ""
    relation: str = ""
    source: MessageRef | None = None
    sent_to: str = ""
    uploads: list[Upload] = field(default_factory=list)
    carried: tuple[CarriedPart, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    passphrase: str = ""
    act: str = "send"
    chosen: Chosen | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def is_answer(self) -> bool:
        return self.relation.startswith("reply")


def fresh_window(
    request: HttpRequest,
    account: Account,
    fresh: FreshDraft,
    written: Written,
    carried: tuple[CarriedPart, ...] = (),
) -> Window:
    return Window(
        account=account,
        key=fresh.key,
        written=written,
        fresh=sign_fresh(request.user, account, fresh, carried),
        relation=fresh.origin.relation,
        source=fresh.origin.source,
        sent_to=fresh.origin.sent_to,
        carried=carried,
    )


def stored_window(draft: StoredDraft) -> Window:
    return Window(
        account=draft.account,
        key=draft.key,
        written=written_from_fields(draft.fields),
        revision=draft.revision,
        marks=draft.marks,
        relation=draft.relation,
        source=drafts.source_ref(draft),
        sent_to=str(draft.fields.get("sent_to", "")),
        uploads=storage.uploads_of(draft.user, draft.key),
        carried=carried_of(draft),
        kept=kept_of(draft),
    )


def show_window(request: HttpRequest, window: Window, *, status: int = 200) -> HttpResponse:
    """A page of its own, or for a script a part to be docked over the mailbox."""
    if is_part(request):
        docked = {"docked": True, "mark": f"-{window.key}"}
        return render(request, "compose/part.html", _context(request, window) | docked)
    rail = rail_context(request, window.account)
    return render(request, "compose/page.html", rail | _context(request, window), status=status)


def with_errors(window: Window, errors: dict[str, str]) -> Window:
    return replace(window, errors=errors)


def close_url(window: Window) -> str:
    """Where the window leads when it closes: what it answers, else the inbox."""
    if window.source is not None:
        return message_url(window.account.key, window.source)
    return reverse("mail")


def after_send_url(draft: StoredDraft) -> str:
    source = drafts.source_ref(draft)
    return mailbox_url(draft.account.key, source.mailbox) if source else reverse("mail")


def _context(request: HttpRequest, window: Window) -> dict[str, Any]:
    written = window.written
    clock = clock_of(request)
    choice = sender_choice(window.account, written)
    writer = identity_named(window.account, written.identity)
    return {
        "window": window,
        "written": written,
        "title": _TITLES.get(window.relation, "New message"),
        "action": reverse("draft", args=[window.key]),
        "files_url": reverse("draft-files", args=[window.key]),
        "messages_url": reverse("draft-messages", args=[window.key]),
        "close_url": close_url(window),
        "choice": choice,
        "sender_note": note_for(window.account, written, window.sent_to),
        "signatures": signature_options(window.account, is_answer=bool(window.relation)),
        **_files(request, window),
        "limit_bytes": room_bytes(window.account, writer, window.uploads),
        "limit_text": size_text(message_limit(window.account, writer)),
        "starts_rich": _starts_rich(window),
        "pictures": json.dumps(_pictures(window)),
        "errors": window.errors,
        **_people(request, window),
        "later": (*times_of(window.kept, clock), *choices(clock)),
        "chosen": window.chosen or chosen_of(window.kept, clock),
        "reminders": REMINDERS,
        "can_merge": settings.WEBMAIL_MERGE_PEOPLE > 0,
        "wish_choices": wish_choices(written.wishes),
        "wishes_said": said_of(written.wishes),
        "wishes_note": wishes_note(window.account, writer, written.wishes),
        "picture_domain": window.account.address.rpartition("@")[2],
        "protection": find_protection(request.user, window.account, written),
        "decrypted": decrypted_in(written.protect),
        "certified": find_certified(request.user, window.account, written),
        "user_key": f"{request.user.pk}",
    }


def _people(request: HttpRequest, window: Window) -> dict[str, Any]:
    """What the chips of the script show, for a browser without one: whom there is to choose
    from, and what there is to say of those who were chosen.  A docked window is a script's."""
    if is_part(request):
        return {}
    offers = offers_for(request.user, "", most=_MOST_LISTED).people
    saved = {} if window.fresh else window.written.as_fields()
    recipients, _ = read_recipients(saved)
    writer = identity_named(window.account, window.written.identity)
    return {
        "people": [each.text for each in offers],
        "beside": words_beside(request, window.account, writer, recipients),
    }


def _pictures(window: Window) -> dict[str, str]:
    """Where the editor finds what the text shows as ``cid:``, by content id."""
    key = window.account.key
    fetched = {
        each.content_id: reverse("draft-file", args=[window.key, each.key])
        for each in window.uploads
    }
    carried = {each.content_id: part_url(key, each.ref, each.section) for each in window.carried}
    found = {**carried, **fetched}
    return {content_id: url for content_id, url in found.items() if content_id}


def _starts_rich(window: Window) -> bool:
    """Whether the editor opens formatted: an answer to plain text stays plain."""
    return window.written.format == RICH or (bool(window.fresh) and not window.relation)


def _files(request: HttpRequest, window: Window) -> dict[str, Any]:
    """``files`` to show as cards; ``inside`` are pictures within the text, taken along quietly."""
    hidden = _shown_in_text(window)
    cards = carried_cards(window.carried)
    inside = [place for place, part in enumerate(window.carried) if hidden(part.content_id)]
    facts = {"relation": window.relation, "html": window.written.html}
    uploads = [upload for upload in window.uploads if is_beside(upload, **facts)]
    return {
        "unfinished": unfinished_cards(resumable.of_draft(request.user, window.key)),
        "files": [*upload_cards(uploads), *(card for card in cards if card.place not in inside)],
        "inside": inside,
    }


def _shown_in_text(window: Window) -> Callable[[str], bool]:
    is_answer = window.relation.startswith("reply")
    return lambda content_id: (
        bool(content_id) and (is_answer or f"cid:{content_id}" in window.written.html)
    )
