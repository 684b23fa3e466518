"""Settings: one page for each section, one form that works without script."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import available_timezones

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from webmail.web import encryption, identities, notifications, people_lists, privacy, saved_texts
from webmail.web.http import get_account, signed_in
from webmail.web.notices import notice
from webmail.web.proof import proven_first
from webmail.web.rows import reader_zone
from webmail.web.shell import build_shell

THEMES = {"": "Automatic", "light": "Light", "dark": "Dark"}
DENSITIES = {"": "Cosy", "compact": "Compact"}


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the settings.  ``save`` answers with what is wrong, by field; empty is saved.

    ``finish`` sees what is answered then.
    """

    name: str
    title: str
    icon: str
    context: Callable[[HttpRequest, dict[str, str]], dict[str, object]]
    save: Callable[[HttpRequest], dict[str, str]]
    finish: Callable[[HttpRequest, HttpResponse], None] = lambda _request, _response: None

    @property
    def url(self) -> str:
        return reverse("settings", args=[self.name])

    @property
    def template(self) -> str:
        return f"settings/{self.name}.html"


@require_safe
@signed_in
def first(_: HttpRequest) -> HttpResponse:
    """Somebody typed the address: the first section."""
    return HttpResponseRedirect(SECTIONS[0].url)


_NEED_PROOF = {
    "encryption": ("remove-own", "revoke-own", "smime-remove"),
    "identities": ("server-save", "server-remove"),
}


def _needs_proof(request: HttpRequest, section: str) -> bool:
    """What a session alone must not do (T61)."""
    if request.method != "POST":
        return False
    do = request.POST.get("do")
    if (section, do) == ("identities", "remove"):
        return identities.takes_server_along(request)
    return do in _NEED_PROOF.get(section, ())


@require_http_methods(["GET", "POST"])
@signed_in
@proven_first(_needs_proof)
def show(request: HttpRequest, section: str) -> HttpResponse:
    found = next((each for each in SECTIONS if each.name == section), None)
    if found is None:
        raise Http404
    if request.method == "POST":
        response = _save(request, found)
        found.finish(request, response)
        return response
    return _page(request, found)


def _save(request: HttpRequest, section: Section) -> HttpResponse:
    errors = section.save(request)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"errors": errors}, status=422 if errors else 200)
    if errors:
        return _page(request, section, errors)
    notice(request, "Saved.")
    return HttpResponseRedirect(section.url, status=303)


def _page(
    request: HttpRequest, section: Section, errors: dict[str, str] | None = None
) -> HttpResponse:
    context = {
        "shell": build_shell(request, get_account(request), ()),
        "section": section,
        "sections": SECTIONS,
        "errors": errors or {},
        **section.context(request, errors or {}),
    }
    return render(request, section.template, context, status=422 if errors else 200)


# -- appearance -----------------------------------------------------------------------------------


def _appearance(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    user = request.user
    return {
        "themes": THEMES.items(),
        "densities": DENSITIES.items(),
        "theme": user.theme,
        "density": user.density,
        "zones": time_zones(),
        "time_zone": user.time_zone,
        "zone_now": str(reader_zone(request)),
    }


def _save_appearance(request: HttpRequest) -> dict[str, str]:
    user, post = request.user, request.POST
    theme, density = post.get("theme", ""), post.get("density", "")
    time_zone = post.get("time_zone", "")
    if theme not in THEMES or density not in DENSITIES:
        return {"form": "This choice does not exist."}
    if time_zone and time_zone not in time_zones():
        return {"time_zone": "There is no time zone of this name."}
    user.theme, user.density, user.time_zone = theme, density, time_zone
    user.save(update_fields=["theme", "density", "time_zone"])
    return {}


def time_zones() -> list[str]:
    """Zones by place, as people choose them; without the old and technical names."""
    places = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/")
    more = ("Australia/", "Europe/", "Indian/", "Pacific/")
    return ["UTC", *sorted(z for z in available_timezones() if z.startswith(places + more))]


# -- reading --------------------------------------------------------------------------------------


def _reading(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    user = request.user
    return {
        "groups_conversations": user.groups_conversations,
        "newest_first": user.newest_first,
        "prefers_text": user.prefers_text,
        "accounts": user.accounts.all(),
        "shown_as_sent": user.shown_as_sent.all(),
    }


def _save_reading(request: HttpRequest) -> dict[str, str]:
    """A box that is not ticked sends nothing."""
    user, post = request.user, request.POST
    user.groups_conversations = post.get("groups_conversations") == "1"
    user.newest_first = post.get("order") == "newest"
    user.prefers_text = post.get("prefers_text") == "1"
    user.save(update_fields=["groups_conversations", "newest_first", "prefers_text"])
    chosen = post.getlist("unified")
    user.accounts.filter(key__in=chosen).update(in_unified=True)
    user.accounts.exclude(key__in=chosen).update(in_unified=False)
    return {}


SECTIONS = (
    Section("appearance", "Appearance", "palette", _appearance, _save_appearance),
    Section("reading", "Reading", "mail-open", _reading, _save_reading),
    Section("identities", "Names and signatures", "pen-line", identities.context, identities.save),
    Section("templates", "Templates", "file-text", saved_texts.context, saved_texts.save),
    Section("people", "Lists of people", "users", people_lists.context, people_lists.save),
    Section(
        *("notifications", "Notifications", "bell"),
        *(notifications.context, notifications.save, notifications.finish),
    ),
    Section("privacy", "Privacy", "shield-check", privacy.context, privacy.save),
    Section("encryption", "Encryption", "lock", encryption.context, encryption.save),
)
