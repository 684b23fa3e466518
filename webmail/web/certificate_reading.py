"""Mail that was encrypted for one's certificate, opened for one answer (S/MIME, T91).

Nothing of it is kept: not in the index, on disk or in Redis, and not in this process either.
Only a whole message is opened; what came without protection against changes is shown as text.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from webmail.message.addr_spec import compared
from webmail.message.body import MessageBody, read_body
from webmail.message.bodystructure import Part, decode_part
from webmail.message.link_targets import with_true_hosts
from webmail.message.safe_html import SafeHtml
from webmail.message.smime import Signature
from webmail.message.smime_inside import Inside, look_inside
from webmail.message.smime_key import WrongPassphrase
from webmail.message.smime_open import CannotOpen, Opened, open_envelope
from webmail.smime.certificates import find_opening, open_own
from webmail.smime.models import OwnCertificate
from webmail.web import passphrases
from webmail.web.cards import sheet_of
from webmail.web.certificate_answering import Answering, answering, text_shown, unfolded
from webmail.web.downloads import clean_name, decoded_size, source_response
from webmail.web.http import MailRequest, shell_context, uses_of, with_store
from webmail.web.message_view import mine_of
from webmail.web.middleware import APP_CSP
from webmail.web.people import clean, full_name
from webmail.web.rows import full_time
from webmail.web.sheet import Sheet
from webmail.web.shell import use_of
from webmail.web.signature_card import CMS, SignatureCard, card_of, checked, wrapped_octets
from webmail.web.sizes import size_text
from webmail.web.trust import trust_of

WRONG = "This passphrase does not open your certificate."
DAMAGED = (
    "It could not be opened. It was damaged or changed on its way, or it is encrypted in a way "
    "that Hearth does not read."
)
ALTERED = (
    "It could have been altered on the way.",
    "It was encrypted without protection against that, as many mail programs still do, and is not "
    "signed. So only its text is shown. Do not follow its links.",
)
NOT_SIGNED = (
    "Encrypted for you, and not signed.",
    "Anybody can encrypt for you: it proves no sender.",
)
AGAIN = ("What is inside is encrypted again.", "Save it and open it in another mail program.")


@dataclass(frozen=True, slots=True)
class FileInside:
    section: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class DecryptedView:
    """``document`` is the whole document of the frame, empty where there is only text."""

    url: str
    outer_url: str
    facts: tuple[tuple[str, str], ...]
    subject: str = "Encrypted message"
    error: str = ""
    asks: bool = True
    cards: tuple[SignatureCard, ...] = ()
    text_html: SafeHtml = SafeHtml("")
    document: str = ""
    answering: Answering | None = None
    files: tuple[FileInside, ...] = ()


@require_POST
@sensitive_post_parameters("passphrase")
@with_store
def show(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponseBase:
    sheet = sheet_of(request, mailbox, place)
    root = sheet.summary.structure
    der = wrapped_octets(sheet, root) if root.media_type in CMS else b""
    kept = find_opening(request.user, der)
    if kept is None:
        raise Http404
    try:
        opened = _open(request, kept, der)
    except WrongPassphrase:
        return _page(request, sheet, _view(sheet, error=WRONG), status=422)
    except CannotOpen:
        return _page(request, sheet, _view(sheet, error=DAMAGED, asks=False), status=422)
    inside = look_inside(opened.content)
    act, _, section = request.POST.get("do", "").partition(":")
    if act == "part":
        return _file(inside, section)
    if act == "source":
        return source_response(iter([opened.content]), "decrypted.eml", inline=False)
    return _shown(request, sheet, kept, opened, inside)


@sensitive_variables("secret", "pair")
def _open(request: MailRequest, kept: OwnCertificate, der: bytes) -> Opened:
    """Raises WrongPassphrase, CannotOpen."""
    secret = passphrases.find_secret(request, kept)
    if secret is None:
        raise WrongPassphrase
    pair = open_own(kept, secret)
    if request.POST.get("keep_passphrase") == "1":
        passphrases.keep(request, kept, secret)
    return open_envelope(der, pair)


def _file(inside: Inside, section: str) -> HttpResponse:
    part = next((each for each in _files(inside) if each.section == section), None)
    if part is None:
        raise Http404
    octets = decode_part(inside.message.part_bytes(part.section), part.encoding)
    return source_response(iter([octets]), clean_name(part), inline=False)


def _files(inside: Inside) -> tuple[Part, ...]:
    return _read(inside).attachments


def _read(inside: Inside) -> MessageBody:
    """Pictures in it are not shown: it has no parts with an address, and nothing is fetched."""
    return read_body(
        inside.message.structure,
        lambda part: inside.message.part_bytes(part.section),
        cid_url=lambda part: "",
        is_secret=True,
    )


# -- the page --------------------------------------------------------------------------------------


def _shown(
    request: MailRequest, sheet: Sheet, kept: OwnCertificate, opened: Opened, inside: Inside
) -> HttpResponse:
    signature = checked(sheet, inside.signature, inside.signed) if inside.signature else None
    is_intact = opened.is_authenticated or (signature is not None and signature.fits)
    body, nonce = _read(inside), secrets.token_urlsafe(16)
    document, shown = "", body.text
    if is_intact and body.html is not None:
        html, shown = unfolded(body.html), text_shown(body.html)
        html = with_true_hosts(html, is_bulk=False, is_off=_is_from_danger(request, sheet))
        context = {"html": html, "nonce": nonce, "theme": request.user.theme}
        document = render_to_string("message/decrypted_body.html", context)
    view = _view(
        sheet,
        subject=_subject(sheet, inside),
        asks=not passphrases.is_kept(request, kept),
        cards=tuple(_cards(sheet, inside, signature, is_intact=is_intact)),
        text_html=unfolded(body.text_html),
        document=document,
        answering=answering(sheet, shown, _inner_subject(inside)),
        files=tuple(
            FileInside(part.section, clean_name(part), size_text(decoded_size(part)))
            for part in body.attachments[:100]
        ),
    )
    response = _page(request, sheet, view)
    policy = APP_CSP.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")
    response.headers["Content-Security-Policy"] = policy
    return response


def _cards(
    sheet: Sheet, inside: Inside, signature: Signature | None, *, is_intact: bool
) -> Iterator[SignatureCard]:
    if signature is not None:
        yield replace(card_of(sheet, signature), keep_url="")
    else:
        yield SignatureCard("", "lock-open", *NOT_SIGNED)
    if inside.is_encrypted_again:
        yield SignatureCard("", "lock", *AGAIN)
    if not is_intact:
        yield SignatureCard("warn", "triangle-alert", *ALTERED)
    if claimed := _other_sender(sheet, inside):
        yield SignatureCard(
            "warn",
            "triangle-alert",
            "Inside it names another sender.",
            f"There it says that it is from {claimed}, outside that it is from "
            f"{clean(sheet.sender.addr_spec)}.",
        )


def _other_sender(sheet: Sheet, inside: Inside) -> str:
    inner = inside.message.envelope.from_
    if not inside.protects_header or not inner:
        return ""
    specs = [compared(each.addr_spec) for each in inner]
    return "" if specs == [compared(sheet.sender.addr_spec)] else clean(", ".join(specs))[:320]


def _subject(sheet: Sheet, inside: Inside) -> str:
    subject = _inner_subject(inside) or sheet.summary.envelope.subject
    return clean(subject) or "(no subject)"


def _inner_subject(inside: Inside) -> str:
    """Empty where none was encrypted."""
    return inside.message.envelope.subject if inside.protects_header else ""


def _is_from_danger(request: MailRequest, sheet: Sheet) -> bool:
    use = use_of(sheet.ref.mailbox, uses_of(request)) or ""
    return trust_of(request, sheet.opened, sheet.sender, use, mine_of(request)).is_danger


def _view(sheet: Sheet, **facts: object) -> DecryptedView:
    envelope, zone = sheet.summary.envelope, sheet.clock.zone
    at = (envelope.date or sheet.summary.internal_date).astimezone(zone)
    named = (
        ("From", full_name(sheet.sender)),
        ("To", ", ".join(full_name(each) for each in (*envelope.to, *envelope.cc)[:100])),
        ("Date", full_time(at)),
    )
    return DecryptedView(
        url=f"{sheet.url}decrypted/",
        outer_url=sheet.url,
        facts=tuple((name, value) for name, value in named if value),
        **facts,
    )


def _page(
    request: MailRequest, sheet: Sheet, view: DecryptedView, *, status: int = 200
) -> HttpResponse:
    context = {"view_of": view} | shell_context(request, sheet.ref.mailbox)
    return render(request, "message/decrypted.html", context, status=status)
