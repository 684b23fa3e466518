"""The answer to somebody who asks to be told: only ever on a click."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail.message.receipt import find_asked
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, with_store
from webmail.web.machine_sending import NotQueued
from webmail.web.notices import notice
from webmail.web.receipt_sending import give, may_be_given, remember


@require_POST
@with_store
def answer(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    """``do``: ``give`` tells the sender, ``leave`` asks no more."""
    sheet = sheet_of(request, mailbox, place)
    asked = find_asked(sheet.opened.fields)
    if asked is None or not may_be_given(sheet, asked):
        raise Http404
    try:
        if request.POST.get("do") == "leave":
            remember(sheet)
            notice(request, "Nobody is told.")
        else:
            give(sheet, asked, is_automatic=False)
            notice(request, f"{asked.address.addr_spec} is told that you have seen this.")
    except NotQueued as problem:
        notice(request, str(problem), level="error")
    return HttpResponseRedirect(sheet.url, status=303)
