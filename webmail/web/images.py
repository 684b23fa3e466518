"""Pictures of other hosts, shown from our own origin (T09, T76).

The address of one is signed, ends after half a day, and is bound to its message and its
reader: whoever has one cannot make this server fetch anything else.
"""

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from webmail.accounts.models import User
from webmail.attachments.remote_pictures import picture
from webmail.web.downloads import picture_type
from webmail.web.http import PART_HEADERS, signed_in

PREFIX = "/images/"
LIFE_S = 12 * 3600
_SALT = "webmail.web.images"


def image_url(user: User, message: str, url: str) -> str:
    """Where ``url`` is shown to this person in the message of this ``data-ref``."""
    token = signing.dumps([user.pk, message, url], salt=_SALT, compress=True)
    return reverse("image", args=[token])


@require_safe
@signed_in
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The picture; 404 for what is not this person's, or no picture."""
    content = picture(request.user, _read(request.user, token))
    kind = picture_type(content)
    if not kind:
        raise Http404("no picture there")
    response = HttpResponse(content, content_type=kind, headers=PART_HEADERS)
    response.headers["Content-Disposition"] = "attachment; filename=picture"
    return response


def _read(user: User, token: str) -> str:
    try:
        owner, _, url = signing.loads(token, salt=_SALT, max_age=LIFE_S)
    except (signing.BadSignature, ValueError, TypeError) as problem:
        raise Http404("no such picture") from problem
    if owner != user.pk:
        raise Http404("no such picture")
    return str(url)
