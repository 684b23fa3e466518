"""What a script is told when nothing could be stored (F22, F24)."""

import json

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from webmail.web.errors import server_error


def told(words, **fields):
    headers = {"accept": "application/json"}
    request = RequestFactory().post("/compose/draft/", fields, headers=headers)
    try:
        raise OperationalError(words)
    except OperationalError:
        answer = server_error(request)
    assert answer.status_code == 503
    return json.loads(answer.content)["errors"]["form"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("database is locked", "The database of this server is busy with something else."),
        ("database or disk is full", "The disk of this server is full."),
        ("connection refused", "The database of this server does not answer."),
    ],
)
def test_who_pressed_send_hears_that_it_was_not_sent(words, why):
    assert told(words, do="send") == f"Not sent. {why} Your message is kept here; try again."


@pytest.mark.parametrize("fields", [{"do": "save"}, {"theme": "dark"}])
def test_nobody_else_hears_of_sending(fields):
    said = told("database is locked", **fields)
    assert said.startswith("Not saved. ")
    assert "message" not in said
