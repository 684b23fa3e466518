import gzip
import subprocess

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


def test_what_is_packed_is_the_whole_page_and_any_unpacker_reads_it():
    page = "".join(f"<p>Letter {n} – 山本 🔥</p>" for n in range(2000)).encode()
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    answer = Compress(lambda _: HttpResponse(page))(request)
    assert len(answer.content) < len(page) / 5
    assert int(answer["Content-Length"]) == len(answer.content)
    gunzip = subprocess.run(["gzip", "-dc"], input=answer.content, capture_output=True, check=True)
    assert gunzip.stdout == gzip.decompress(answer.content) == page


@pytest.mark.parametrize("accepted", ["", "br", "identity"])
def test_a_browser_that_takes_no_gzip_gets_the_page_as_it_is(accepted):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepted})
    answer = Compress(lambda _: HttpResponse(b"x" * 900))(request)
    assert answer.content == b"x" * 900
    assert answer["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "response",
    [
        StreamingHttpResponse([b"x" * 900], content_type="text/html"),
        HttpResponse(b"x" * 900, content_type="application/octet-stream"),
        HttpResponse(b"x" * 900, content_type="image/png"),
        HttpResponse(b"x" * 199),
    ],
)
def test_a_file_goes_out_as_it_is(response):
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in Compress(lambda _: response)(request).headers


def test_what_is_packed_already_is_not_packed_again():
    packed = HttpResponse(b"x" * 900, headers={"Content-Encoding": "br"})
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    assert Compress(lambda _: packed)(request).content == b"x" * 900


def test_the_same_page_has_another_length_each_time():
    ask = {"Accept-Encoding": "gzip"}
    lengths = {len(Client().get("/sign-in/", headers=ask).content) for _ in range(12)}
    assert len(lengths) > 3
