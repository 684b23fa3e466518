"""What a photo's owner is asked before it leaves, and what comes of the answers."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from webmail.accounts.models import User
from webmail.attachments import photos, storage
from webmail.attachments.models import Upload
from webmail.attachments.photos import LARGE, PLACE, TOLD
from webmail.web.compose import answer_kept, saved_json
from webmail.web.http import signed_in, wants_json
from webmail.web.notices import notice
from webmail.web.saving import Kept, Saved, open_draft, save_form
from webmail.web.typed import keeps_typed

NOT_SMALLER = "This photo cannot be made smaller, so it stays as it is."
NOT_STRIPPED = "This photo cannot be read, so it stays as it is."


@require_POST
@keeps_typed
@signed_in
def answer(request: HttpRequest, draft: str, file: str) -> HttpResponse:
    """``photo`` is the answer; a form's fields are kept first."""
    row = open_draft(request, draft)
    saved = save_form(request, draft) if "text" in request.POST else Saved(row)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    uploads = storage.uploads_of(request.user, draft)
    upload = next((each for each in uploads if each.key == file), None)
    if upload is None:
        raise Http404
    words = _settle(request.user, upload, request.POST.get("photo", ""))
    if wants_json(request):
        return JsonResponse(saved_json(saved, words))
    if words:
        notice(request, words, level="error")
    return HttpResponseRedirect(f"{reverse('draft', args=[draft])}#files", status=303)


def _settle(user: User, upload: Upload, answer: str) -> str:
    """What could not be done, in a sentence."""
    if answer in ("small", "medium", "whole"):
        _remember(user, photo_size=answer)
        if answer == "whole":
            photos.settle(upload, LARGE)
            return ""
        return "" if photos.shrink(upload, answer) else NOT_SMALLER
    if answer == "remove":
        _remember(user, photo_place=answer)
        return "" if photos.strip(upload) else NOT_STRIPPED
    if answer == "keep":
        _remember(user, photo_place=answer)
        photos.settle(upload, PLACE)
        return ""
    if answer == "ask":
        _remember(user, photo_place="")
        photos.settle(upload, TOLD)
        return ""
    raise Http404


def _remember(user: User, **choice: str) -> None:
    User.objects.filter(pk=user.pk).update(**choice)
