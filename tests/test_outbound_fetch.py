"""The one fetch (T76, T77): real sockets on loopback, where 127.0.0.2 plays the Internet."""

import gzip
import ipaddress
import os
import time
import zlib
from dataclasses import replace

import pytest

from tests.lab.authority import make_authority
from tests.lab.pages import Pages
from webmail.outbound import tls_context
from webmail.outbound_address import Refused, is_public
from webmail.outbound_fetch import (
    USER_AGENT,
    FetchFailed,
    Rules,
    TooLarge,
    TooSlow,
    fetch,
    parse_target,
    post_form,
)

INTERNET = ipaddress.ip_address("127.0.0.2")


def may_connect(address):
    """The rule, with one address of this machine in the place of everybody else's."""
    return is_public(address) or address == INTERNET


@pytest.fixture
def pages():
    server = Pages()
    yield server
    server.close()


@pytest.fixture
def inside():
    """What must never be reached."""
    server = Pages("127.0.0.1")
    yield server
    assert server.connections == 0
    server.close()


@pytest.fixture
def rules(pages):
    return Rules(
        resolve=lambda host: {"img.example.org": ["127.0.0.2"]}.get(host, ["127.0.0.1"]),
        may_connect=may_connect,
        ports=frozenset({80, 443, pages.port}),
        connect_s=2,
        total_s=3,
        max_bytes=100_000,
    )


def ask(pages, rules, path="/a.png"):
    return fetch(f"http://img.example.org:{pages.port}{path}", accept="image/*", rules=rules)


def test_it_asks_the_same_few_words_whoever_asks(pages, rules, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    pages.answers["/a.png"] = (200, {"Content-Type": "image/png", "Set-Cookie": "a=b"}, b"abc")
    for _ in range(2):
        fetched = ask(pages, rules, "/a.png?k=1#frag")
    assert (fetched.content, fetched.content_type) == (b"abc", "image/png")
    assert pages.asked == 2 * [
        (
            "/a.png?k=1",
            {
                "Host": f"img.example.org:{pages.port}",
                "User-Agent": USER_AGENT,
                "Accept": "image/*",
                "Accept-Encoding": "gzip",
                "Connection": "close",
            },
        )
    ]


@pytest.mark.parametrize(
    "place",
    [
        *("http://127.0.0.1:{}/", "http://localhost:{}/", "http://[::1]:{}/", "http://0.0.0.0:{}/"),
        *("http://inside.example.org:{}/", "http://2130706433:{}/", "http://0x7f000001:{}/"),
        *("http://[::ffff:127.0.0.1]:{}/", "//127.0.0.1:{}/", "http://127.1:{}/"),
        *("http://169.254.169.254/latest/meta-data/", "http://[64:ff9b::7f00:1]/"),
        *("http://img.example.org:22/", "http://user@img.example.org:{}/", "file:///etc/passwd"),
        *("ftp://img.example.org/", "gopher://127.0.0.1:{}/", "data:image/png;base64,aGk="),
        "http://img.example.org\\@127.0.0.1:{}/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_judged_like_the_first_address(pages, inside, rules, place, status):
    rules = replace(rules, ports=rules.ports | {inside.port})
    pages.answers["/a.png"] = (status, {"Location": place.format(inside.port)}, b"")
    with pytest.raises((Refused, FetchFailed)):
        ask(pages, rules)


def test_a_resolver_that_changes_its_mind_is_not_asked_twice(pages, inside, rules):
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    rules = replace(rules, resolve=lambda _: next(answers), ports=frozenset({pages.port}))
    pages.answers["/a.png"] = (200, {}, b"abc")
    assert ask(pages, rules).content == b"abc"
    with pytest.raises(Refused):
        ask(pages, rules)


def test_a_name_that_turns_private_between_redirects_is_refused(pages, inside, rules):
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    pages.answers["/a.png"] = (302, {"Location": "/b.png"}, b"")
    with pytest.raises(Refused):
        ask(pages, replace(rules, resolve=lambda _: next(answers)))


def test_no_more_than_three_redirects_are_followed(pages, rules):
    for number in range(5):
        pages.answers[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    pages.answers["/5"] = (200, {}, b"abc")
    with pytest.raises(FetchFailed, match="redirects"):
        ask(pages, rules, "/1")
    assert ask(pages, rules, "/2").content == b"abc"


def test_what_is_larger_than_allowed_is_cut_off(pages, rules):
    pages.answers["/said"] = (200, {"Content-Length": "200000"}, b"a" * 10)
    pages.answers["/a"] = (200, {}, b"a" * 100_000)
    pages.answers["/b"] = lambda connection: [
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n"),
        *(connection.sendall(b"a" * 60_000) for _ in range(50)),
    ]
    assert len(ask(pages, rules, "/a").content) == 100_000
    for path in ("/said", "/b"):
        with pytest.raises(TooLarge):
            ask(pages, rules, path)


def test_what_is_packed_is_unpacked_no_further_than_allowed(pages, rules):
    pages.answers["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"abc" * 9000))
    pages.answers["/d"] = (200, {"Content-Encoding": "deflate"}, zlib.compress(b"abc"))
    pages.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 90_000_000))
    pages.answers["/cut"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(os.urandom(99))[:50])
    pages.answers["/br"] = (200, {"Content-Encoding": "br"}, b"abc")
    assert ask(pages, rules, "/a").content == b"abc" * 9000
    assert ask(pages, rules, "/d").content == b"abc"
    with pytest.raises(TooLarge):
        ask(pages, rules, "/bomb")
    for path in ("/cut", "/br"):
        with pytest.raises(FetchFailed):
            ask(pages, rules, path)


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"a")
        time.sleep(0.05)


def drip_head(connection):
    for number in range(1000):
        connection.sendall(b"HTTP/1.1 200 OK\r\n" if number == 0 else b"X: y\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("slow", [drip, drip_head, lambda _: time.sleep(3)])
def test_a_slow_server_is_left_when_the_time_is_over(pages, rules, slow):
    pages.answers["/a.png"] = slow
    began = time.monotonic()
    with pytest.raises(TooSlow):
        ask(pages, replace(rules, total_s=0.5))
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "octets",
    [
        *(b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 70_000),
        *(b"HTTP/1.1 500 No\r\n\r\n", b"HTTP/1.1 204 No\r\n\r\n", b"HTTP/1.1 302 x\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    ],
)
def test_an_answer_that_is_none_is_a_failure(pages, rules, octets):
    pages.answers["/a.png"] = lambda connection: connection.sendall(octets)
    with pytest.raises(FetchFailed):
        ask(pages, rules)


def test_nobody_at_the_address_is_a_failure(pages, rules):
    pages.close()
    with pytest.raises(FetchFailed):
        ask(pages, rules)


@pytest.fixture
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("shown", ["wrong_host", "good", "expired", "self_signed"])
def test_a_certificate_is_checked_by_the_name_that_was_asked_for(authority, rules, shown):
    """``wrong_host`` is made out to elsewhere.example, which here is the right one."""
    server = Pages(certificate=getattr(authority, shown))
    server.answers["/a.png"] = (200, {}, b"abc")
    rules = replace(
        rules,
        resolve=lambda _: ["127.0.0.2"],
        ports=frozenset({server.port}),
        tls=tls_context(str(authority.ca_file)),
    )
    url = f"https://elsewhere.example:{server.port}/a.png"
    try:
        if shown == "wrong_host":
            assert fetch(url, accept="*/*", rules=rules).content == b"abc"
            return
        with pytest.raises(FetchFailed, match="SSLCertVerificationError"):
            fetch(url, accept="*/*", rules=rules)
        assert not server.asked
    finally:
        server.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://img.example.org", ("http", "img.example.org", 80, "/")),
        ("HTTPS://IMG.example.org/a b".replace(" ", "%20"), None),
        (
            "https://img.example.org:443/a?b=%20ö",
            ("https", "img.example.org", 443, "/a?b=%20%C3%B6"),
        ),
        ("https://bücher.example/", ("https", "xn--bcher-kva.example", 443, "/")),
        ("https://[2606:4700::1111]/", ("https", "[2606:4700::1111]", 443, "/")),
    ],
)
def test_an_address_is_taken_apart(url, expected):
    target = parse_target(url)
    if expected is None:
        expected = ("https", "img.example.org", 443, "/a%20b")
    assert (target.scheme, target.host, target.port, target.path) == expected


@pytest.mark.parametrize(
    "url",
    [
        *("", "img.example.org", "//img.example.org/", "http:///a", "http://", "javascript:x"),
        *(
            "http://a.b/ c",
            "http://a.b/\r\nX: y",
            "http://a.b\t/",
            "http://a.b/\x7f",
            "http://\\a.b",
        ),
        *(
            "http://a.b:0/",
            "http://a.b:8080/",
            "http://a.b:99999/",
            "http://a.b:x/",
            "http://a.b:25/",
        ),
        *("http://user:pass@a.b/", "http://@a.b/", "http://a.b@c.d/", "http://[::1/", "ws://a.b/"),
        "http://a.b/" + "a" * 9000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url):
    with pytest.raises(Refused):
        parse_target(url)


# -- a form -------------------------------------------------------------------------------------


@pytest.fixture
def secure_pages(authority):
    """With a certificate for elsewhere.example."""
    server = Pages(certificate=authority.wrong_host)
    yield server
    server.close()


def test_a_form_is_sent_once_to_https_only_and_tells_nothing_else(
    secure_pages, authority, rules, inside
):
    rules = replace(
        rules,
        resolve=lambda host: ["127.0.0.2" if host == "elsewhere.example" else "127.0.0.1"],
        ports=frozenset({secure_pages.port}),
        tls=tls_context(str(authority.ca_file)),
    )
    url = f"https://elsewhere.example:{secure_pages.port}/leave"
    secure_pages.answers["/leave"] = (200, {"Set-Cookie": "a=b"}, b"done")
    assert post_form(url, b"List-Unsubscribe=One-Click", rules=rules) == 200
    assert secure_pages.forms == [b"List-Unsubscribe=One-Click"]
    names = {name.lower() for _, head in secure_pages.asked for name in head}
    assert not names & {"cookie", "referer", "origin", "authorization"}
    elsewhere = {"Location": f"https://127.0.0.1:{inside.port}/"}
    secure_pages.answers["/leave"] = (302, elsewhere, b"")
    assert post_form(url, b"a=b", rules=rules) == 302
    with pytest.raises(Refused):
        post_form(url.replace("https:", "http:"), b"a=b", rules=rules)
    with pytest.raises(Refused):
        post_form(url.replace("elsewhere.example", "inside.example"), b"a=b", rules=rules)
    assert len(secure_pages.forms) == 2
