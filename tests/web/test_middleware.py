import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from webmail.web.middleware import Compress

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_a_browser_that_takes_it():
    answer = Client().get("/sign-in/", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.content)
    assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.parametrize(
    "response",
    [
        StreamingHttpResponse([b"x" * 900], content_type="text/html"),
        HttpResponse(b"x" * 900, content_type="application/octet-stream"),
        HttpResponse(b"x" * 900, content_type="image/png"),
    ],
)
def test_a_file_goes_out_as_it_is(response):
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in Compress(lambda _: response)(request).headers


def test_the_same_page_has_another_length_each_time():
    ask = {"Accept-Encoding": "gzip"}
    lengths = {len(Client().get("/sign-in/", headers=ask).content) for _ in range(12)}
    assert len(lengths) > 3
