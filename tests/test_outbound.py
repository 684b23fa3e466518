import pytest

from webmail.outbound import BadEndpoint, Endpoint, Security, parse_endpoint


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("imaps://mail.example.org", "imap", ("mail.example.org", 993, Security.TLS)),
        ("imaps://mail.example.org:10993", "imap", ("mail.example.org", 10993, Security.TLS)),
        ("imap+starttls://mail.example.org", "imap", ("mail.example.org", 143, Security.STARTTLS)),
        ("submissions://smtp.example.org", "submission", ("smtp.example.org", 465, Security.TLS)),
        ("submission+starttls://h", "submission", ("h", 587, Security.STARTTLS)),
        ("imap://127.0.0.1:1143", "imap", ("127.0.0.1", 1143, Security.CLEARTEXT)),
        ("imap://[::1]", "imap", ("::1", 143, Security.CLEARTEXT)),
        ("imaps://h/", "imap", ("h", 993, Security.TLS)),
    ],
)
def test_an_endpoint_url_names_host_port_and_protection(text, protocol, expected):
    assert parse_endpoint(text, protocol) == Endpoint(protocol, *expected)


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.org",
        "https://mail.example.org",
        "submissions://mail.example.org",
        "imaps://",
        "imaps://user:secret@mail.example.org",
        "imaps://mail.example.org/INBOX",
        "imaps://mail.example.org:99999",
        "imaps://mail.example.org:x",
    ],
)
def test_what_is_no_imap_endpoint_is_refused_with_a_sentence(text):
    with pytest.raises(BadEndpoint, match=r"\.$"):
        parse_endpoint(text, "imap")


def test_cleartext_is_for_loopback_or_by_explicit_permission():
    with pytest.raises(BadEndpoint, match="WEBMAIL_ALLOW_CLEARTEXT"):
        parse_endpoint("imap://mail.example.org", "imap")
    allowed = parse_endpoint("imap://mail.example.org", "imap", allow_cleartext=True)
    assert allowed.security is Security.CLEARTEXT
