"""Cleaning holds for any document (T03): 2,000 of them each time, ``HEARTH_DOCUMENTS`` for more."""

import os

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.message.harm import Seen
from tests.message.hostile_documents import DOCUMENTS
from webmail.message.sanitize import (
    sanitize_for_compose,
    sanitize_for_reading,
    text_from_html,
)

COUNT = int(os.environ.get("HEARTH_DOCUMENTS", "2000"))
_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def reading(html: str) -> str:
    return sanitize_for_reading(html, cid_url=lambda _: None)[0]


@pytest.mark.timeout(300 + COUNT // 20)
@settings(max_examples=COUNT, deadline=None, suppress_health_check=_CHECKS)
@given(DOCUMENTS)
@example('<<img src=x title="<a><a src="">')  # a title that ends like a picture's source
def test_any_document_is_cleaned_once_and_for_all(html: str) -> None:
    once = reading(html)
    assert not Seen(once).harm
    assert reading(once) == once
    composed = sanitize_for_compose(html)
    assert not Seen(composed).harm
    assert sanitize_for_compose(composed) == composed
    text_from_html(html, links=True)
