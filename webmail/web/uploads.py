"""Files of a draft: added and taken off, by the script one at a time or by the form's buttons."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webmail.attachments import resumable, storage
from webmail.attachments.models import Upload
from webmail.submission import drafts
from webmail.web.compose import answer_kept, saved_json
from webmail.web.compose_window import show_window, stored_window, with_errors
from webmail.web.downloads import OCTETS, picture_type
from webmail.web.http import PART_HEADERS, signed_in, wants_json
from webmail.web.saving import Kept, Saved, open_draft, save_form, take_files
from webmail.web.typed import keeps_typed


@require_http_methods(["GET", "POST"])
@keeps_typed
@signed_in
def add(request: HttpRequest, draft: str) -> HttpResponse:
    """The script sends files alone; a form sends its fields with them, and they are kept."""
    if request.method == "GET":
        return _list(request, draft)
    saved = (
        save_form(request, draft) if "text" in request.POST else Saved(open_draft(request, draft))
    )
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    if drafts.find_outgoing(saved.draft) is not None:
        raise Http404
    errors = take_files(request, saved.draft)
    if wants_json(request):
        status = 413 if errors else 201
        return JsonResponse(saved_json(saved, "") | {"errors": errors}, status=status)
    if errors:
        return show_window(request, with_errors(stored_window(saved.draft), errors), status=422)
    return _back(saved)


@require_GET
@signed_in
def show(request: HttpRequest, draft: str, file: str) -> HttpResponse:
    """The file itself: the editor shows pictures of the text by it, all else is a download."""
    upload = _get(request, draft, file)
    try:
        content = storage.read(upload)
    except storage.UploadDamaged as problem:
        raise Http404 from problem
    kind = picture_type(content[:16]) or OCTETS
    response = HttpResponse(content, content_type=kind, headers=PART_HEADERS)
    response.headers["Content-Disposition"] = content_disposition_header(True, upload.filename)
    return response


@require_POST
@keeps_typed
@signed_in
def remove(request: HttpRequest, draft: str, file: str) -> HttpResponse:
    """Takes one file off; a form's fields are kept first."""
    row = drafts.find(request.user, draft)
    if row is None:
        raise Http404
    unfinished = resumable.find(request.user, draft, file)
    upload = _find(request, draft, file)
    if unfinished is None and upload is None:
        raise Http404
    saved = save_form(request, draft) if "text" in request.POST else Saved(row)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    if unfinished:
        resumable.abandon(unfinished)
    if upload:
        storage.remove(upload)
    if wants_json(request):
        return JsonResponse(saved_json(saved, ""))
    return _back(saved)


def _list(request: HttpRequest, draft: str) -> HttpResponse:
    """What has arrived by now, for the script."""
    row = drafts.find(request.user, draft)
    if row is None:
        raise Http404
    if not wants_json(request):
        return HttpResponseRedirect(reverse("draft", args=[draft]))
    return JsonResponse(saved_json(Saved(row), ""))


def _find(request: HttpRequest, draft: str, file: str) -> Upload | None:
    uploads = storage.uploads_of(request.user, draft)
    return next((each for each in uploads if each.key == file), None)


def _get(request: HttpRequest, draft: str, file: str) -> Upload:
    """Somebody else's file is as unknown as none (T69)."""
    upload = _find(request, draft, file)
    if upload is None:
        raise Http404
    return upload


def _back(saved: Saved) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('draft', args=[saved.draft.key])}#files", status=303)
