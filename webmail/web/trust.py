"""Who a message is really from, as its page says it, and what a person has said to that."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from webmail.accounts.models import AcceptedSender, Account, User
from webmail.accounts.ready import Ready
from webmail.index.people import answers_own, count_earlier
from webmail.message.address import Address
from webmail.message.authentication import Authentication, authentication_of, find_authserv_id
from webmail.message.circle import Circle
from webmail.message.deception import Letter, judge
from webmail.message.domains import registrable_domain
from webmail.message.evidence import CAUTION, DANGER, Evidence, Kind, Level, Verdict
from webmail.message.link_targets import with_true_hosts
from webmail.message.safe_html import SafeHtml
from webmail.store.mailbox import SpecialUse
from webmail.web.circles import circle_for
from webmail.web.http import MailRequest, next_url, signed_in
from webmail.web.notices import notice
from webmail.web.people import clean
from webmail.web.reading import Opened

_MOST_ACCEPTED = 500
_KINDS = {kind.value: kind for kind in Kind}
_NOTHING: frozenset[Kind] = frozenset()
# Of one's own making, or nothing any more: there is nobody to be warned of.
_UNJUDGED = {SpecialUse.SENT, SpecialUse.DRAFTS}
# Every message that is opened asks this.
_accepted_kinds = Ready(
    lambda addr_spec, user: AcceptedSender.objects.filter(
        addr_spec=addr_spec, user_id=user
    ).values_list("kinds")
)


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    weight: int


@dataclass(frozen=True, slots=True)
class Trust:
    """``level`` is that of message/evidence.py.  ``seal`` are the words of a confirmed sender.

    ``kinds`` is what "This is fine" accepts, of ``addr_spec``.
    """

    level: str = ""
    headline: str = ""
    reason: str = ""
    others: tuple[Reason, ...] = ()
    sum_text: str = ""
    addr_spec: str = ""
    kinds: str = ""
    seal: str = ""
    findings: str = ""

    @property
    def is_danger(self) -> bool:
        return self.level == Level.DANGER

    @property
    def is_caution(self) -> bool:
        return self.level == Level.CAUTION


def trust_of(
    request: MailRequest, opened: Opened, sender: Address, use: str, mine: frozenset[str]
) -> Trust:
    """What the page says of a sender; nothing of what one wrote oneself."""
    found = authentication_found(request.account, opened, sender.domain)
    if use in _UNJUDGED:
        return Trust(findings=found.sentence)
    return _judged(request, opened, sender, found, mine)


def trust_of_enclosed(
    request: MailRequest, opened: Opened, sender: Address, mine: frozenset[str]
) -> Trust:
    """Of a message in a message: who put it there may have written every field of it.

    Nothing in it speaks for its sender, only against; so a warning is all there is to say.
    """
    told = _judged(request, opened, sender, Authentication(), mine)
    return told if told.is_danger or told.is_caution else Trust()


def _judged(
    request: MailRequest,
    opened: Opened,
    sender: Address,
    found: Authentication,
    mine: frozenset[str],
) -> Trust:
    circle = circle_for(request, request.account, mine)
    letter = _letter(request, opened, sender, found, circle)
    verdict = judge(letter, circle, _accepted_of(request).get(sender.addr_spec.lower(), _NOTHING))
    return trust_from(verdict, sender, found)


def trust_from(verdict: Verdict, sender: Address, found: Authentication) -> Trust:
    said = verdict.said
    is_sealed = found.is_confirmed and verdict.level in (Level.NONE, Level.QUIET)
    seal = f"Confirmed: {clean(found.domain)}" if is_sealed else ""
    if not said or verdict.level is Level.NONE:
        return Trust(seal=seal, findings=found.sentence)
    first, *rest = said
    is_loud = verdict.level in (Level.CAUTION, Level.DANGER)
    return Trust(
        level=verdict.level,
        headline=_headline(verdict) if is_loud else "",
        reason=clean(first.reason),
        others=tuple(_reason(each) for each in ((first, *rest) if is_loud else rest)),
        sum_text=_sum_text(verdict) if is_loud else "",
        addr_spec=sender.addr_spec.lower(),
        kinds=" ".join(sorted(verdict.kinds)),
        seal=seal,
        findings=found.sentence,
    )


def _headline(verdict: Verdict) -> str:
    claimed = clean(verdict.claimed)
    if verdict.level is Level.DANGER:
        return f"This is probably not from {claimed}" if claimed else "This is probably a fraud"
    return f"Is this really from {claimed}?" if claimed else "Be careful with this message"


def _reason(each: Evidence) -> Reason:
    return Reason(clean(each.reason), each.weight)


def _sum_text(verdict: Verdict) -> str:
    return (
        f"Together {verdict.weight}. From {CAUTION} on Hearth asks you to be careful, "
        f"from {DANGER} on it warns you."
    )


def told_html(opened: Opened, html: SafeHtml, *, is_off: bool, ask_at: str = "") -> SafeHtml:
    """With true hosts beside its links; ``is_off``: none of them leads anywhere."""
    return with_true_hosts(html, is_bulk=is_bulk(opened), is_off=is_off, ask_at=ask_at)


def is_bulk(opened: Opened) -> bool:
    return Letter(Address("", ""), fields=opened.fields).is_bulk


# -- what is known -----------------------------------------------------------------------------


def authentication_found(account: Account, opened: Opened, domain: str) -> Authentication:
    """What the configured server found; without one, a server of the mailbox's own domain."""
    return authentication_of(opened.fields, domain, authserv_id_of(account, opened))


def authserv_id_of(account: Account, opened: Opened) -> str:
    """Whose Authentication-Results are believed; empty: nobody's."""
    authserv_id = settings.WEBMAIL_AUTHSERV_ID
    if not authserv_id or account.imap_url:
        own = urlsplit(account.imap_url).hostname or _configured_host()
        authserv_id = find_authserv_id(opened.fields, registrable_domain(own))
    return authserv_id


def _configured_host() -> str:
    return settings.WEBMAIL_IMAP.host if settings.WEBMAIL_IMAP else ""


def _letter(
    request: MailRequest,
    opened: Opened,
    sender: Address,
    found: Authentication,
    circle: Circle,
) -> Letter:
    envelope, body, account = opened.summary.envelope, opened.body, request.account.pk
    known = circle.find(sender.addr_spec)
    asks = circle.has_memory and (known is None or not known.is_known)
    named = (*envelope.in_reply_to, *envelope.references[-5:])
    return Letter(
        sender=sender,
        reply_to=envelope.reply_to,
        subject=envelope.subject,
        fields=opened.fields,
        text=body.text,
        html=body.html or "",
        attachments=body.attachments,
        authentication=found,
        earlier=count_earlier(account, sender.addr_spec, opened.summary.ref) if asks else 0,
        is_answer=bool(circle.namesakes(sender.name)) and answers_own(account, named),
    )


# -- what somebody said is fine -----------------------------------------------------------------


def _accepted_of(request: MailRequest) -> dict[str, frozenset[Kind]]:
    """Of each sender, read once for each request: a conversation asks it of every message."""
    known: dict[str, frozenset[Kind]] | None = request.__dict__.get("_accepted")
    if known is None:
        rows = AcceptedSender.objects.filter(user_id=request.user.pk)
        known = {addr: _kinds(kinds) for addr, kinds in rows.values_list("addr_spec", "kinds")}
        request.__dict__["_accepted"] = known
    return known


def _accepted(user: User, addr_spec: str) -> frozenset[Kind]:
    if not addr_spec:
        return frozenset()
    return _kinds(" ".join(row[0] for row in _accepted_kinds.raw(addr_spec.lower(), user.pk)))


def _kinds(text: str) -> frozenset[Kind]:
    return frozenset(_KINDS[word] for word in text.split() if word in _KINDS)


@require_POST
@signed_in
def accept(request: HttpRequest) -> HttpResponse:
    """Remembers that something is fine of a sender, or with ``forget`` no longer."""
    addr_spec = request.POST.get("sender", "").strip().lower()[:320]
    rows = AcceptedSender.objects.filter(user=request.user)
    if request.POST.get("forget") == "1":
        rows.filter(addr_spec=addr_spec).delete()
        notice(request, f"Hearth looks at {clean(addr_spec)} with care again.")
        return HttpResponseRedirect(next_url(request, reverse("settings", args=["privacy"])), 303)
    kinds = _kinds(request.POST.get("kinds", ""))
    if addr_spec and kinds and rows.count() < _MOST_ACCEPTED:
        known = _accepted(request.user, addr_spec)
        rows.update_or_create(
            user=request.user,
            addr_spec=addr_spec,
            defaults={"kinds": " ".join(sorted(known | kinds)), "accepted_at": timezone.now()},
        )
        notice(request, f"Remembered for {clean(addr_spec)}. Settings, Privacy takes it back.")
    return HttpResponseRedirect(next_url(request, reverse("mail")), status=303)


SAID = {
    Kind.BRAND: "the name it writes under",
    Kind.CONTACT: "the name of somebody you know",
    Kind.NAME_ADDRESS: "another address as its name",
    Kind.NAME_SIGNS: "odd signs in its name",
    Kind.LOOKALIKE: "a domain that looks like another",
    Kind.LETTERS: "letters that look like others",
    Kind.REPLY_TO: "answers that go elsewhere",
    Kind.LINKS: "links that lead elsewhere",
    Kind.FILES: "risky attachments",
    Kind.FAILED: "the server does not confirm it",
    Kind.IN_MY_NAME: "your own address",
    Kind.PRESSURE: "words that hurry",
    Kind.FIRST: "the first message",
}


def accepted_senders(user: User) -> list[tuple[str, str]]:
    """Addresses, and in words what was accepted of each."""
    rows = AcceptedSender.objects.filter(user=user).values_list("addr_spec", "kinds")
    return [(addr, ", ".join(SAID[kind] for kind in sorted(_kinds(kinds)))) for addr, kinds in rows]
