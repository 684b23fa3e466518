"""Placeholders of saved texts: found, filled, and in HTML never more than text."""

import pytest

from webmail.message.placeholders import fill_html, fill_text, find_placeholders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dear {first name},", ("first name",)),
        ("{Name} and { MY  name } and {name}", ("name", "my name")),
        ("{first\xa0name}", ("first name",)),
        ("a {dict: 1} and {} and {na\nme}", ()),
    ],
)
def test_known_ones_are_found_and_other_braces_are_the_writers(text, found):
    assert find_placeholders(text) == found


def test_columns_of_a_list_are_names_too():
    assert find_placeholders("{Town} {name}", ["Town"]) == ("town",)


def test_what_has_no_value_is_left_to_be_asked_about():
    values = {"name": "Anna", "first name": ""}
    assert fill_text("{name}, {first name}, {x}", values) == "Anna, {first name}, {x}"


def test_a_value_cannot_bring_a_tag_along():
    """T11"""
    filled = fill_html("<b>{name}</b>", {"name": "<img src=x onerror=y>\n&"})
    assert filled == "<b>&lt;img src=x onerror=y&gt;<br>&amp;</b>"


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again():
    assert fill_text("{name}", {"name": "{address}", "address": "a@b"}) == "{address}"


def test_a_space_that_does_not_break_is_a_space_of_a_name():
    assert fill_html("{first&nbsp;name}", {"first name": "Anna"}) == "Anna"
