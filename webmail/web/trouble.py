"""A store's error in a sentence, for the pages that go on without the store."""

from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from webmail.accounts.connect import NeedsKey, NeedsPassword, NotConfigured
from webmail.store.protocol import (
    MailboxNotFound,
    MessageGone,
    Refused,
    SignInRefused,
    StoreError,
    Unreachable,
)
from webmail.web.http import View, answer_to

TROUBLES = (StoreError, NeedsKey, NeedsPassword, NotConfigured)

_SENTENCES: dict[type[Exception], str] = {
    Unreachable: "{host} does not answer ({words}).",
    SignInRefused: "{host} no longer accepts your password. Sign in again.",
    NeedsPassword: "Your session has ended. Sign in again.",
    NeedsKey: "Your session has ended. Sign in again.",
    NotConfigured: "No mail server is set up.",
    MailboxNotFound: "The folder no longer exists.",
    MessageGone: "The original message is no longer there.",
    Refused: "{host} says “{words}”.",
}


def words_for(problem: Exception) -> str:
    """What happened, naming the host and quoting the server."""
    sentence = _SENTENCES.get(type(problem), "The mail server could not do it ({words}).")
    host = getattr(problem, "host", "") or "The mail server"
    return sentence.format(host=host, words=str(problem).rstrip(". "))


def answers_trouble(view: View) -> View:
    """For views that borrow a store here and there: its errors get their pages."""

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except TROUBLES as problem:
            return answer_to(request, problem)

    return answered
