"""What an open page asks for when it hears of news, beside its list."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.web.http import MailRequest, shell_context, with_store


@require_safe
@with_store
def rail(request: MailRequest) -> HttpResponse:
    """The folders with their counts, and the alerts; ``current`` names the open one."""
    context = shell_context(request, request.GET.get("current", ""))
    return render(request, "shell/_news.html", context)
