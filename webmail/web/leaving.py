"""One more question before a link that says one place and leads to another (T21).

The page knows a link only by its number in the message: it leads nowhere that no message of
the reader's own names.
"""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.message.homograph import shown_host
from webmail.message.link_targets import misleading_link
from webmail.store.mailbox import MessageRef
from webmail.web.http import MailRequest, with_store
from webmail.web.paths import message_url
from webmail.web.people import clean
from webmail.web.pictures import shown_body
from webmail.web.reading import open_message
from webmail.web.trust import is_bulk


@require_safe
@with_store
def ask(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    ref = MessageRef(mailbox, *place)
    opened = open_message(request, ref)
    number, html = request.GET.get("n", ""), shown_body(request, opened).html
    if html is None or not number.isascii() or not number.isdecimal() or len(number) > 5:
        raise Http404
    link = misleading_link(html, int(number), is_bulk=is_bulk(opened))
    if link is None:
        raise Http404
    context = {
        "named": clean(shown_host(link.named)),
        "host": clean(shown_host(link.target)),
        "href": link.href,
        "message_url": message_url(request.account.key, ref),
    }
    return render(request, "message/leaving.html", context)
