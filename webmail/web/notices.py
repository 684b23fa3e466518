"""What is said to the user after an act: a notice on the next page, or a toast by script."""

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string

_LEVELS = {"ok": messages.SUCCESS, "error": messages.ERROR}


def notice(
    request: HttpRequest,
    text: str,
    *,
    undo: str = "",
    outbox: str = "",
    level: str = "ok",
    wait_s: int = 0,
) -> None:
    """Keeps one sentence for the next page.

    ``undo`` is a token of actions.undo; ``outbox`` the key of a queued message that can
    still be called back; ``wait_s`` how long a toast stays, where that is not the usual time.
    """
    tags = [f"undo:{undo}"] * bool(undo) + [f"outbox:{outbox}"] * bool(outbox)
    tags += [f"wait:{wait_s}"] * bool(wait_s)
    messages.add_message(request, _LEVELS[level], text, extra_tags=" ".join(tags))


def said_json(request: HttpRequest) -> dict[str, str]:
    """The notices themselves, for a docked window: after it no page comes that would show them."""
    if "docked" not in request.POST:
        return {}
    return {"notices": render_to_string("shell/_notices.html", request=request)}
