"""What stretch of a file a request asks for (RFC 9110, section 14)."""

import pytest
from django.test import RequestFactory

from webmail.web.ranges import Span, may_ask, span_asked

ETAG = '"abc"'


def asking(value, method="get", **headers):
    return getattr(RequestFactory(), method)("/", headers={"Range": value, **headers})


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 100)),
        ("bytes=10-19", Span(10, 20)),
        ("Bytes=90-200", Span(90, 100)),
        ("bytes=-5", Span(95, 100)),
        ("bytes=-500", Span(0, 100)),
        ("bytes=100-", Span(100, 100)),
        ("bytes=-0", Span(100, 0)),
        ("bytes=20-10", None),
        ("bytes=-", None),
    ],
)
def test_a_range_is_a_span_of_the_file(value, span):
    assert span_asked(asking(value), 100) == span


@pytest.mark.parametrize(
    "value", ["", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b", "bytes=١-٢", "bytes=" + "9" * 40 + "-"]
)
def test_what_is_not_one_range_asks_for_the_whole(value):
    assert not may_ask(asking(value), ETAG)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ETAG, True),
        ('"other"', False),
        ('W/"abc"', False),
        ("Sun, 22 Nov 2026 09:00:00 GMT", False),
    ],
)
def test_a_range_holds_only_for_the_file_it_was_begun_with(given, expected):
    assert may_ask(asking("bytes=5-", **{"If-Range": given}), ETAG) is expected


def test_only_get_has_ranges():
    assert not may_ask(asking("bytes=0-1", "head"), ETAG)
