"""A part of a message: as a file, or opened as the message that it is."""

from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.message.address import Address
from webmail.message.body import MessageBody
from webmail.message.envelope import Envelope
from webmail.message.inside import MARK, is_message, message_in
from webmail.message.quoted import with_quotation_folded
from webmail.message.safe_html import SafeHtml
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MessageGone
from webmail.web import images, messages
from webmail.web.attachment_cards import AttachmentCard, attachment_cards
from webmail.web.downloads import total_size_text
from webmail.web.enclosed import Enclosed
from webmail.web.http import MailRequest, body_headers, shell_context, with_store
from webmail.web.inner_parts import inner_part
from webmail.web.inside_view import InsideView, inside_view
from webmail.web.looks import context_of
from webmail.web.paths import message_url, part_url
from webmail.web.people import clean, full_name, hue_of, initials_of, name_of
from webmail.web.pictures import RemoteView, remote_view, shown_body
from webmail.web.reading import is_designed
from webmail.web.rows import clock_of, count_text, full_time, reader_time
from webmail.web.trust import Trust, told_html

_SHOWN_ADDRESSES = 100  # T35


@dataclass(frozen=True, slots=True)
class NestedView:
    """As far as the templates share them, named as in ``MessageView``."""

    url: str
    outer_url: str
    body_url: str
    download_url: str
    subject: str
    sender: str
    sender_address: str
    initials: str
    hue: int
    facts: tuple[tuple[str, str], ...]
    time_text: str
    time_iso: str
    text_html: SafeHtml
    has_html: bool
    is_designed: bool
    notice: str
    attachments: tuple[AttachmentCard, ...]
    attachments_text: str
    inside: InsideView
    remote: RemoteView = RemoteView()
    is_off: bool = False
    trust: Trust = Trust()
    # As the page of a message has them, for the words of trust.
    element_id: str = "nested"
    is_junk: bool = True  # it is filed nowhere, so that there is nothing to report


def part(request: MailRequest, **place: object) -> HttpResponseBase:
    if request.GET.get("as") in ("message", "body"):
        return _inner(request, **place)
    return messages.part(request, **place)


@require_safe
@with_store
def _inner(
    request: MailRequest, mailbox: str, place: tuple[int, int], section: str
) -> HttpResponseBase:
    ref = MessageRef(mailbox, *place)
    found, content = inner_part(request, ref, section)
    view = request.GET["as"]
    message = message_in(found, content) if is_message(found) else None
    if message is None:
        if view == "message":
            return _unopened(request, ref, section)
        raise MessageGone("This part of the message cannot be opened as a message.")
    enclosed = Enclosed(request, ref, section, message)
    if view == "body":
        return _body(request, ref, enclosed)
    return _page(request, mailbox, _enclosed_view(request, ref, section, enclosed))


def _page(request: MailRequest, mailbox: str, view: NestedView) -> HttpResponse:
    context = {"nested": view, "message": view, "account": request.account}
    return render(request, "message/nested.html", context | shell_context(request, mailbox))


def _unopened(request: MailRequest, ref: MessageRef, section: str) -> HttpResponse:
    """Too large, or damaged: it can still be saved."""
    notice = "This message could not be opened here. It may be damaged or too large."
    body = MessageBody("", SafeHtml(""), None, ())
    view = _view(request, ref, section, Envelope(), body, notice=notice)
    return _page(request, ref.mailbox, view)


def _body(request: MailRequest, ref: MessageRef, enclosed: Enclosed) -> HttpResponse:
    opened, theme = enclosed.opened, request.user.theme
    is_off = enclosed.is_off
    shown = opened.body if is_off else shown_body(request, opened, enclosed.read)

    def finished(html: SafeHtml) -> SafeHtml:
        folded = with_quotation_folded(html, opened.summary.envelope.subject)
        return told_html(opened, folded, is_off=is_off)

    context = context_of(theme, shown, is_dark=theme != "light", finish=finished)
    response = render(request, "message/body.html", context)
    parts = request.build_absolute_uri(f"{message_url(request.account.key, ref)}part/")
    pictures = request.build_absolute_uri(images.PREFIX) if shown is not opened.body else ""
    for name, value in body_headers(parts, pictures).items():
        response.headers[name] = value
    return response


def _enclosed_view(
    request: MailRequest, ref: MessageRef, section: str, enclosed: Enclosed
) -> NestedView:
    opened = enclosed.opened
    view = _view(request, ref, section, opened.summary.envelope, opened.body)
    view = replace(view, trust=enclosed.trust)
    if enclosed.is_off:
        return replace(view, is_off=enclosed.is_from_danger)
    remote = remote_view(request, opened, view.url)
    query = remote.query.replace("?", "&")
    return replace(view, remote=remote, body_url=f"{view.body_url}{query}")


def _view(
    request: MailRequest,
    ref: MessageRef,
    section: str,
    envelope: Envelope,
    body: MessageBody,
    *,
    notice: str = "",
) -> NestedView:
    key, clock = request.account.key, clock_of(request)
    url = part_url(key, ref, section)
    sender = (envelope.from_ or envelope.sender or (Address("", ""),))[0]
    at = envelope.date.astimezone(clock.zone) if envelope.date else None
    count = count_text(len(body.attachments), "attachment", "attachments")
    return NestedView(
        url=f"{url}?as=message",
        outer_url=_outer_url(key, ref, section),
        body_url=f"{url}?as=body",
        download_url=url,
        subject=clean(envelope.subject) or "(no subject)",
        sender=name_of(sender) if sender.addr_spec or sender.name else "Nobody named",
        sender_address=clean(sender.addr_spec),
        initials=initials_of(sender.name, sender.addr_spec),
        hue=hue_of(sender.addr_spec),
        facts=_facts(envelope, full_time(at) if at else ""),
        time_text=reader_time(at, clock) if at else "",
        time_iso=at.isoformat(timespec="minutes") if at else "",
        text_html=body.text_html,
        has_html=body.html is not None,
        is_designed=is_designed(body),
        notice=notice,
        attachments=attachment_cards(key, ref, body.attachments),
        attachments_text=f"{count}, {total_size_text(body.attachments)}",
        inside=inside_view(key, ref, body),
    )


def _outer_url(key: str, ref: MessageRef, section: str) -> str:
    """One step back: to the message it lies in."""
    outer, mark, _ = section.rpartition(MARK)
    return f"{part_url(key, ref, outer)}?as=message" if mark else message_url(key, ref)


def _facts(envelope: Envelope, date: str) -> tuple[tuple[str, str], ...]:
    fields = [
        ("From", _listed(envelope.from_)),
        ("Reply to", _listed(envelope.reply_to) if envelope.reply_to != envelope.from_ else ""),
        ("To", _listed(envelope.to)),
        ("Cc", _listed(envelope.cc)),
        ("Bcc", _listed(envelope.bcc)),
        ("Date", date),
    ]
    return tuple((name, value) for name, value in fields if value)


def _listed(addresses: tuple[Address, ...]) -> str:
    text = ", ".join(full_name(address) for address in addresses[:_SHOWN_ADDRESSES])
    more = len(addresses) - _SHOWN_ADDRESSES
    return f"{text} and {more:,} more" if more > 0 else text
