"""Which submission servers a person may name (T76, T77): by address, port and encryption."""

from dataclasses import replace

import pytest

from webmail.accounts import identity_servers as servers
from webmail.accounts.identity_servers import NotAllowed, Rules
from webmail.outbound import parse_endpoint
from webmail.outbound_address import Unknown


@pytest.fixture
def dns(monkeypatch, settings):
    """What names stand for."""
    settings.WEBMAIL_IDENTITY_SUBMISSION = None
    known = {}
    monkeypatch.setattr(servers, "rules", replace(Rules(), resolve=lambda name: known[name]))
    return known


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("submission://smtp.example.org", "unprotected"),
        ("submission://127.0.0.1", "unprotected"),
        ("submissions://smtp.example.org:25", "Port 25 is not for sending mail"),
        ("submission+starttls://smtp.example.org:25", "Port 25 is not for sending mail"),
        ("submissions://smtp.example.org:6379", "Port 6379"),
        ("imaps://mail.example.org", "must start with"),
        ("submissions://a:b@smtp.example.org", "nothing else"),
        ("submissions://smtp.example.org/x", "nothing else"),
    ],
)
def test_only_the_ports_for_submission_and_only_with_tls(dns, url, words):
    with pytest.raises(NotAllowed, match=words):
        servers.allowed_endpoint(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.7", "169.254.169.254", "0x7f.1"])
def test_an_address_of_the_house_is_no_server_to_name(dns, host):
    endpoint = servers.allowed_endpoint(f"submissions://{host}")
    with pytest.raises(NotAllowed):
        servers.addresses_to_use(endpoint)


@pytest.mark.parametrize("stands_for", [["192.168.1.4"], ["8.8.8.8", "127.0.0.1"], []])
def test_a_name_is_judged_by_every_address_it_stands_for(dns, stands_for):
    dns["smtp.example.org"] = stands_for
    with pytest.raises(NotAllowed):
        servers.addresses_to_use(servers.allowed_endpoint("submissions://smtp.example.org"))


def test_a_misspelled_name_is_not_taken_for_one_of_the_house(dns, monkeypatch):
    def nowhere(name):
        raise Unknown(f"no address for {name}")

    monkeypatch.setattr(servers, "rules", Rules(resolve=nowhere))
    with pytest.raises(NotAllowed, match="cannot be found"):
        servers.addresses_to_use(servers.allowed_endpoint("submissions://smtp.public.example"))


def test_the_connection_goes_to_addresses_that_were_judged(dns):
    dns["smtp.example.org"] = ["2001:4860:4860::8888", "8.8.8.8", "8.8.4.4", "1.1.1.1"]
    endpoint = servers.allowed_endpoint("submissions://smtp.example.org")
    assert servers.addresses_to_use(endpoint) == ("8.8.8.8", "8.8.4.4", "1.1.1.1")


def test_a_list_of_the_administrator_decides_alone(dns, settings):
    house = parse_endpoint("submission+starttls://mail.lan:25", "submission")
    settings.WEBMAIL_IDENTITY_SUBMISSION = (house,)
    assert servers.allowed_endpoint("submission+starttls://mail.lan:25") == house
    assert servers.addresses_to_use(house) == ()  # as the system knows the name
    for url in ("submissions://smtp.example.org", "submissions://mail.lan:25"):
        with pytest.raises(NotAllowed, match="administrator does not let mail leave by"):
            servers.allowed_endpoint(url)
