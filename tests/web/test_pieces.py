"""Pieces of a page that are remembered as HTML."""

import re

import pytest
from django.template import Context
from django.utils.safestring import SafeString

from tests.web.letters import letter
from webmail.web import drawn as drawn_module
from webmail.web.drawn import piece

BAR = {"account_key": "acc0unt", "hue": 3, "initials": "JO", "query_text": ""}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')


def bar(form="t0ken", **values):
    return piece(Context({"csrf_token": form}), "shell/_bar.html", **{**BAR, **values})


def test_an_equal_piece_is_drawn_once():
    bar(query_text="drawn once")
    before = drawn_module._draw_piece.cache_info().misses
    assert bar(query_text="drawn once") == bar(query_text="drawn once")
    assert drawn_module._draw_piece.cache_info().misses == before


@pytest.mark.parametrize(
    ("name", "other"),
    [("account_key", "an0ther"), ("hue", 5), ("initials", "X"), ("query_text", "cabin")],
)
def test_a_piece_that_differs_in_anything_is_drawn_for_itself(name, other):
    assert bar() != bar(**{name: other})
    assert str(other) in bar(**{name: other})


def test_each_reader_gets_their_own_token():
    assert TOKEN.findall(bar("hers")) == ["hers"]
    assert TOKEN.findall(bar("his")) == ["his"]
    assert drawn_module._TOKEN not in bar()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x>', "{{ x }}<b>"])
def test_hostile_words_stay_words_each_time(hostile):
    for _ in range(2):
        drawn = bar(query_text=hostile, form='"><script>')
        assert "<script" not in drawn
        assert "<img" not in drawn
        assert "<b>" not in drawn


def test_safe_text_and_the_same_text_of_a_stranger_are_two_things():
    assert "<b>x</b>" in bar(query_text=SafeString("<b>x</b>"))
    assert "<b>x</b>" not in bar(query_text="<b>x</b>")


def test_nothing_else_of_the_page_is_in_a_piece():
    context = Context({"csrf_token": "t", "query_text": "from the page", "shell": "the page's"})
    values = {**BAR, "query_text": "its own"}
    drawn = piece(context, "shell/_bar.html", **values)
    assert "from the page" not in drawn
    assert "its own" in drawn


def test_the_folders_of_a_page_count_anew(mara, store):
    assert 'data-title-count=""' in mara.get(mara.list_url()).content.decode()
    store.append("INBOX", letter("Firewood"))
    assert 'data-title-count="1"' in mara.get(mara.list_url()).content.decode()
