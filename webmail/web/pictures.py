"""Remote pictures of a message: what is said of them, and whether they are shown (T08, T09)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webmail.accounts import consents
from webmail.accounts.models import Account, PictureConsent
from webmail.attachments import picture_cache
from webmail.message.address import parse_address_list
from webmail.message.body import MessageBody
from webmail.message.safe_html import Allowed, Blocked
from webmail.web import reading
from webmail.web.http import MailRequest, next_url, signed_in
from webmail.web.images import image_url
from webmail.web.notices import notice
from webmail.web.paths import message_url, ref_text
from webmail.web.people import clean
from webmail.web.rows import count_text
from webmail.web.trust import authentication_found

PICTURES, EVERYTHING = "once", "all"

Read = Callable[[Allowed], MessageBody]


@dataclass(frozen=True, slots=True)
class RemoteView:
    """What the notice above a message says and offers.

    ``text`` is empty where nothing was withheld.  ``query`` hands on to the frame what was
    asked for this once.  ``consent`` is the key of the standing choice that shows them.
    """

    headline: str = ""
    text: str = ""
    once_url: str = ""
    all_url: str = ""
    sender: str = ""
    domain: str = ""
    query: str = ""
    consent: str = ""
    icon: str = "image-off"


def remote_view(request: MailRequest, opened: reading.Opened, url: str = "") -> RemoteView:
    """``url`` is the page of a message that lies in another, with a query of its own."""
    blocked = opened.body.blocked
    if not blocked:
        return RemoteView()
    if blocked.reason or opened.body.html is None:
        return RemoteView(text=_reason_text(blocked)) if blocked.reason else RemoteView()
    asking = f"{url}&" if url else f"{message_url(request.account.key, opened.summary.ref)}?"
    sender = sender_of(opened)
    consent = consents.find_consent(request.user, sender)
    is_sure = is_surely(request.account, opened)
    shown = _asked(request, opened) or (PICTURES if consent and is_sure else "")
    can_show = any(not each.tracker for each in blocked.pictures)
    has_trackers = any(each.tracker for each in blocked.pictures)
    offers_more = shown != EVERYTHING and has_trackers
    return RemoteView(
        headline=_headline(blocked, shown),
        text=_text(blocked, shown, is_unsure=bool(consent) and not is_sure),
        once_url=f"{asking}pictures={PICTURES}" if can_show and not shown else "",
        all_url=f"{asking}pictures={EVERYTHING}" if offers_more else "",
        sender=sender if can_show and not consent and is_sure else "",
        domain=sender.rpartition("@")[2],
        query=f"?pictures={shown}" if shown and _asked(request, opened) else "",
        consent=consent.key if consent and shown else "",
        icon="image" if shown else "image-off",
    )


def shown_body(
    request: MailRequest, opened: reading.Opened, read: Read | None = None
) -> MessageBody:
    """The body with the pictures that its reader allows; each under a URL of ours.

    ``read`` reads it once more, where that is not by the server's own parts.
    """
    shown = _asked(request, opened)
    if not shown and opened.body.blocked.pictures and is_surely(request.account, opened):
        shown = PICTURES if consents.find_consent(request.user, sender_of(opened)) else ""
    wanted = [p.url for p in opened.body.blocked.pictures if shown == EVERYTHING or not p.tracker]
    if not shown or not wanted:
        return opened.body
    message = ref_text(request.account.key, opened.summary.ref)
    urls = {url: image_url(request.user, message, url) for url in wanted}
    allowed = Allowed(urls, link_tracking=not request.user.cleans_links)
    return read(allowed) if read else reading.read(request, opened.summary, allowed)


def sender_of(opened: reading.Opened) -> str:
    """The address the message says it is from; empty unless it says exactly one."""
    senders = opened.summary.envelope.from_
    return senders[0].addr_spec.lower() if len(senders) == 1 else ""


def is_surely(account: Account, opened: reading.Opened) -> bool:
    """Whether the message is from whom it says, so that a standing choice counts for it.

    One From field with one address, the one that its summary shows; where the account's
    server looked at its signatures, they must confirm the domain.  So must be the message
    that it lies in, which anybody else may have put it into.
    """
    if opened.within is not None and not is_surely(account, opened.within):
        return False
    fields = [value for name, value in opened.fields if name.lower() == "from"]
    if len(fields) != 1:
        return False
    said = parse_address_list(fields[0].decode("utf-8", "replace"))
    sender = sender_of(opened)
    if not sender or [address.addr_spec.lower() for address in said] != [sender]:
        return False
    found = authentication_found(account, opened, sender.rpartition("@")[2])
    return found.is_confirmed or not found.results


def _asked(request: MailRequest, opened: reading.Opened) -> str:
    """What the URL asks for, if it is this message that it names."""
    asked = request.GET.get("pictures", "")
    named = request.resolver_match.kwargs if request.resolver_match else {}
    ref = opened.summary.ref
    is_named = named.get("mailbox") == ref.mailbox
    is_named = is_named and named.get("place") == (ref.uidvalidity, ref.uid)
    return asked if asked in (PICTURES, EVERYTHING) and is_named else ""


# -- words -------------------------------------------------------------------------------------


def _reason_text(blocked: Blocked) -> str:
    return f"This message is {blocked.reason} to show as it was designed. Here is its text."


def _headline(blocked: Blocked, shown: str) -> str:
    if shown:
        return "Pictures are shown"
    if blocked.remote == blocked.trackers:
        return "Trackers are blocked"
    return "Pictures are blocked"


def _text(blocked: Blocked, shown: str, *, is_unsure: bool) -> str:
    """The rest of the sentence that begins with the headline."""
    if shown == EVERYTHING:
        return " and trackers too, all fetched by this server, not by your device."
    if shown:
        kept = _trackers_text(blocked)
        stay = f" Still blocked: {kept}." if kept else ""
        return f", fetched by this server, not by your device.{stay}"
    unsure = " Nobody confirms that this sender wrote it, so your choice is not used."
    return f" for your privacy: {blocked_text(blocked)}.{unsure if is_unsure else ''}"


def blocked_text(blocked: Blocked) -> str:
    """``6 pictures from img.example, 2 trackers from Mailchimp``."""
    count = blocked.remote - blocked.trackers
    pictures = count_text(count, "picture", "pictures")
    if blocked.hosts:
        pictures = f"{pictures} from {_listed(blocked.hosts)}"
    return ", ".join(filter(None, (pictures if count else "", _trackers_text(blocked))))


def _trackers_text(blocked: Blocked) -> str:
    if not blocked.trackers:
        return ""
    count = count_text(blocked.trackers, "tracker", "trackers")
    return f"{count} from {_listed(blocked.counters)}"


def _listed(names: tuple[str, ...]) -> str:
    shown = [clean(name) for name in names[:2]]
    if len(names) > 2:
        shown = [shown[0], f"{len(names) - 1} more"]
    return " and ".join(shown)


# -- choices -----------------------------------------------------------------------------------


@require_POST
@signed_in
def decide(request: HttpRequest) -> HttpResponse:
    """Remembers or forgets a standing choice, and goes back to where it was made."""
    act = request.POST.get("do", "")
    if act == "revoke":
        consents.revoke(request.user, request.POST.get("consent", ""))
        picture_cache.forget(request.user)
        notice(request, "Pictures of this sender are blocked again.")
    else:
        consent = consents.allow(request.user, act, request.POST.get("sender", ""))
        notice(request, _decided_text(consent))
    back = next_url(request, reverse("settings", args=["privacy"]))
    return HttpResponseRedirect(back, status=303)


def _decided_text(consent: PictureConsent | None) -> str:
    if consent is None:
        return "This could not be remembered: the message names no sender to remember."
    if consent.kind == PictureConsent.Kind.DOMAIN:
        return f"Pictures of everybody at {consent.name} are shown from now on."
    return f"Pictures of {consent.name} are shown from now on."
