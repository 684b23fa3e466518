"""A key looked up in the directory of its domain (T76, T77): real sockets, real TLS."""

import base64
import ipaddress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.authority import make_authority
from tests.lab.pages import Pages
from webmail.openpgp import wkd
from webmail.outbound import tls_context
from webmail.outbound_address import Unknown, is_public

CORPUS = Path(__file__).parents[1] / "corpus" / "openpgp"
BEN = base64.b64decode(
    "".join((CORPUS / "ben.asc").read_text("ascii").split("\n\n")[1].split("\n=")[0].split())
)
INTERNET = ipaddress.ip_address("127.0.0.2")
HOST = "elsewhere.example"  # what the authority's other certificate is for


def test_the_urls_are_those_of_the_draft():
    """The example of section 3.1."""
    assert wkd.urls_of("Joe.Doe@Example.ORG") == (
        "https://openpgpkey.example.org/.well-known/openpgpkey/example.org/hu/"
        "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe",
        "https://example.org/.well-known/openpgpkey/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe",
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def directory(authority, monkeypatch):
    """The domain's server; it has no openpgpkey host unless a test gives it one."""
    server = Pages(certificate=authority.wrong_host)
    server.known = {HOST}

    def resolve(host):
        if host not in server.known:
            raise Unknown(host)
        return ["127.0.0.2"]

    monkeypatch.setattr(
        wkd,
        "rules",
        replace(
            wkd.rules,
            resolve=resolve,
            may_connect=lambda address: is_public(address) or address == INTERNET,
            ports=frozenset({443, server.port}),
            tls=tls_context(str(authority.ca_file)),
            connect_s=2,
            total_s=3,
        ),
    )
    real = wkd.urls_of

    def urls_of(wire):
        wire = wire.replace("hearth.test", HOST)
        return tuple(
            url.replace(f"{HOST}/.well", f"{HOST}:{server.port}/.well") for url in real(wire)
        )

    monkeypatch.setattr(wkd, "urls_of", urls_of)
    server.path = real(f"ben@{HOST}")[1].split(HOST)[1].partition("?")[0]
    yield server
    server.close()


def test_the_key_of_an_address_is_found_where_there_is_no_directory_host(directory):
    directory.answers[directory.path] = (200, {}, BEN)
    assert wkd.find_key("ben@hearth.test").fingerprint.startswith("94DF8179")
    (asked,) = directory.asked
    assert asked[0] == f"{directory.path}?l=ben"
    assert not {"Cookie", "Referer"} & set(asked[1])


def test_where_there_is_a_directory_host_only_that_is_asked(directory):
    """Its certificate is for another name here, so it says nothing, and the other is not asked."""
    directory.known.add(f"openpgpkey.{HOST}")
    directory.answers[directory.path] = (200, {}, BEN)
    with pytest.raises(wkd.NotFound, match="publishes no key"):
        wkd.find_key("ben@hearth.test")
    assert directory.asked == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>not found</html>", "no key for this address"),
        (b"", "no key for this address"),
        (BEN[: len(BEN) // 2], "no key for this address"),
        (b"\x99" * 300_000, "publishes no key"),
    ],
)
def test_what_is_no_key_of_the_address_is_not_taken(directory, content, sentence):
    directory.answers[directory.path] = (200, {}, content)
    with pytest.raises(wkd.NotFound, match=sentence):
        wkd.find_key("ben@hearth.test")


def test_the_key_of_somebody_else_is_not_taken(directory):
    directory.answers[directory.path.replace("/hu/", "/hu/")] = (200, {}, BEN)
    ada = wkd.urls_of(f"ada@{HOST}")[1].split("/.well")[1].partition("?")[0]
    directory.answers[f"/.well{ada}"] = (200, {}, BEN)
    with pytest.raises(wkd.NotFound, match="no key for this address"):
        wkd.find_key("ada@hearth.test")


def test_a_directory_may_not_lead_inside_or_out_of_tls_t76(directory):
    inside = Pages("127.0.0.1")
    for target in (
        f"http://127.0.0.1:{inside.port}/key",
        f"https://127.0.0.1:{directory.port}/key",
        f"http://{HOST}/key",
    ):
        directory.answers[directory.path] = (302, {"Location": target}, b"")
        with pytest.raises(wkd.NotFound):
            wkd.find_key("ben@hearth.test")
    assert inside.connections == 0
    inside.close()


def test_no_address_is_looked_up_that_is_none():
    with pytest.raises(wkd.NotFound):
        wkd.find_key("ben@localhost/../etc")
