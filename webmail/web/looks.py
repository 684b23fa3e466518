"""How a message's text is shown: as designed, as a page to read, as plain text; its colours."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest

from webmail.message.body import MessageBody, choose_parts
from webmail.message.dark import darkened, in_the_light
from webmail.message.safe_html import SafeHtml
from webmail.message.sanitize_reader import readable
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.web.reading import Opened, is_designed

VIEWS = ("mail", "reader", "text")
COLOURS = ("sent", "dark")

Finish = Callable[[SafeHtml], SafeHtml]


@dataclass(frozen=True, slots=True)
class Looks:
    """``query`` is what the frame is asked for; ``has_text`` that its sender wrote plain text.

    ``is_dark`` holds for a dark page; whether the page is, only a browser may know.
    """

    query: str = ""
    is_reader: bool = False
    is_text: bool = False
    is_dark: bool = True
    is_remembered: bool = False
    can_be_dark: bool = True
    has_text: bool = False
    has_views: bool = False


def looks_of(request: HttpRequest, opened: Opened) -> Looks:
    """What the query asks for, when the URL is the message's own; what is remembered otherwise."""
    view, colours = _asked(request, opened.summary.ref)
    has_html, has_text = opened.body.html is not None, _has_own_text(opened.summary)
    is_text = has_html and has_text and (view or ("text" if request.user.prefers_text else ""))
    is_remembered = has_html and _is_shown_as_sent(request, opened.summary)
    return Looks(
        query=_query(view, colours),
        is_reader=has_html and view == "reader",
        is_text=is_text == "text",
        is_dark=colours != "sent" if colours else not is_remembered,
        is_remembered=is_remembered,
        can_be_dark=request.user.theme != "light",
        has_text=has_text,
        has_views=has_html,
    )


def frame_context(
    request: HttpRequest, opened: Opened, body: MessageBody, finish: Finish
) -> dict[str, object]:
    """What the document inside the frame is drawn with: ``body`` is what is shown of it."""
    looks = looks_of(request, opened)
    is_dark = looks.is_dark and looks.can_be_dark
    theme = request.user.theme
    return context_of(theme, body, is_dark=is_dark, is_reader=looks.is_reader, finish=finish)


def context_of(
    theme: str,
    body: MessageBody,
    *,
    is_dark: bool,
    is_reader: bool = False,
    finish: Finish = lambda html: html,
) -> dict[str, object]:
    """``finish`` is done to cleaned HTML before its colours are looked at."""
    html, designed = body.html, is_designed(body)
    if is_reader and html is not None:
        html, designed = readable(html), False
    if html is not None:
        html = finish(html)
    is_darkened = designed and is_dark
    if html is not None:
        html = darkened(html, always=theme == "dark") if is_darkened else in_the_light(html)
    return {
        "html": body.text_html if html is None else html,
        "designed": designed,
        "darkened": is_darkened,
        "reader": is_reader,
        "theme": theme,
    }


def _asked(request: HttpRequest, ref: MessageRef) -> tuple[str, str]:
    named = request.resolver_match.kwargs if request.resolver_match else {}
    if not named.get("place") or MessageRef(named["mailbox"], *named["place"]) != ref:
        return "", ""
    view, colours = request.GET.get("view", ""), request.GET.get("colours", "")
    return view if view in VIEWS else "", colours if colours in COLOURS else ""


def _query(view: str, colours: str) -> str:
    asked = [f"view={view}"] * (view == "reader") + [f"colours={colours}"] * bool(colours)
    return f"?{'&'.join(asked)}" if asked else ""


def _has_own_text(summary: MessageSummary) -> bool:
    """Not only what is made of its HTML."""
    return any(part.media_type != "text/html" for part in choose_parts(summary.structure).text)


def _is_shown_as_sent(request: HttpRequest, summary: MessageSummary) -> bool:
    """Read once for each request: a page may show many messages."""
    known = request.__dict__.get("_shown_as_sent")
    if known is None:
        known = frozenset(request.user.shown_as_sent.values_list("addr_spec", flat=True))
        request.__dict__["_shown_as_sent"] = known
    sender = (summary.envelope.from_ or summary.envelope.sender or (None,))[0]
    return sender is not None and sender.addr_spec.lower() in known
