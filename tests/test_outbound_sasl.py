"""What is said with a token, to the octet, and what a refusal means (RFC 7628, section 4)."""

import base64

import pytest

from webmail.outbound_sasl import BearerToken, bearer_exchange, failure_words

TOKEN = BearerToken("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")
RFC_7628 = (
    b"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
    b"HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
)
RFC_7628_ERROR = (
    b"eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYX"
    b"Rpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0="
)


def exchange(*offered, username="user@example.com"):
    return bearer_exchange(offered, username, TOKEN, "server.example.com", 143)


def test_the_standard_comes_first_and_is_said_as_it_writes_it():
    said = exchange("plain", "xoauth2", "oauthbearer")
    assert (said.mechanism, said.response, said.farewell) == ("OAUTHBEARER", RFC_7628, b"AQ==")


def test_the_older_mechanism_where_there_is_no_other():
    said = exchange("PLAIN", "XOAUTH2")
    plain = base64.b64decode(said.response)
    assert plain == b"user=user@example.com\x01auth=Bearer %s\x01\x01" % TOKEN.reveal().encode()
    assert (said.mechanism, said.farewell) == ("XOAUTH2", b"")


def test_a_server_without_either_is_told_nothing():
    assert exchange("PLAIN", "LOGIN") is None


def test_a_name_cannot_end_its_own_field():
    said = exchange("OAUTHBEARER", username="a=b,c@example.com")
    assert base64.b64decode(said.response).startswith(b"n,a=a=3Db=2Cc@example.com,\x01host=")
    for name in ("", "a\x01auth=Bearer x", "a\r\nb", "\0"):
        with pytest.raises(ValueError, match="cannot be a user name"):
            exchange("XOAUTH2", username=name)


@pytest.mark.parametrize("text", ["", "a b", "a\x01b", "a\r\nQUIT", "ä", "x" * 20_000])
def test_what_is_no_token_never_becomes_one(text):
    with pytest.raises(ValueError, match="cannot be an access token"):
        BearerToken(text)


def test_a_token_does_not_show_itself():
    assert TOKEN.reveal() not in f"{TOKEN!r} {TOKEN} {[TOKEN]}"


@pytest.mark.parametrize(
    ("challenge", "words"),
    [
        (RFC_7628_ERROR, "the permission has ended or was taken back"),
        (base64.b64encode(b'{"status":"401","schemes":"bearer"}'), "ended or was taken back"),
        (base64.b64encode(b'{"status":401}'), "ended or was taken back"),
        (base64.b64encode(b'{"status":"insufficient_scope"}'), "does not include mail"),
        (base64.b64encode(b'{"status":"odd\\u0007\\u202ewords"}'), "it says odd words"),
        (base64.b64encode(b'["x"]'), ""),
        (base64.b64encode(b'{"status":{}}'), ""),
        (base64.b64encode(b"[" * 100_000), ""),
        (b"no base64", ""),
        (b"", ""),
        ("\u20ac", ""),
    ],
)
def test_a_challenge_in_words(challenge, words):
    assert words in failure_words(challenge)
    assert bool(words) is bool(failure_words(challenge))
