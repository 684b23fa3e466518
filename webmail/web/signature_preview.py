"""A formatted signature as those who get it see it: in a frame like that of a message."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.accounts.models import Signature
from webmail.message.sanitize import sanitize_for_compose
from webmail.web.http import body_headers, signed_in


@require_safe
@signed_in
def show(request: HttpRequest, key: str) -> HttpResponse:
    own = Signature.objects.filter(identity__account__user=request.user)
    signature = own.filter(key=key).exclude(html="").first()
    if signature is None:
        raise Http404
    # Rows outlive our rules, so it is sanitised again.
    context = {"html": sanitize_for_compose(signature.html), "theme": request.user.theme}
    response = render(request, "message/body.html", context)
    for name, value in body_headers("").items():
        response.headers[name] = value
    return response
