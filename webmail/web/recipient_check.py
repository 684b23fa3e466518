"""The compose window's script asks what is to be said of its recipients, as they are typed."""

import json
from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from webmail.accounts.writing_as import identity_named
from webmail.submission import drafts
from webmail.web.http import signed_in
from webmail.web.recipient_marks import marks_of, read_asked
from webmail.web.saving import find_signed


@require_POST
@signed_in
def check(request: HttpRequest, draft: str) -> HttpResponse:
    row = drafts.find(request.user, draft)
    source = row or find_signed(request, draft)
    if source is None:
        raise Http404
    try:
        asked = list(read_asked(json.loads(request.POST.get("asked", ""))))
    except ValueError:
        return JsonResponse({"marks": []}, status=400)
    identity = identity_named(source.account, request.POST.get("identity", ""))
    marks = marks_of(request, source.account, identity, asked)
    return JsonResponse({"marks": [asdict(mark) for mark in marks]})
