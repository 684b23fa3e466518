"""Where a domain says its people's mail leaves, from a DNS server of our own (RFC 6186)."""

import socket
import threading

import dns.message
import dns.resolver
import dns.rrset
import pytest

from webmail.outbound_services import find_submission


@pytest.fixture
def zone():
    """Records by name; a resolver that asks nobody else."""
    records = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                packet, peer = server.recvfrom(4096)
            except OSError:
                return
            question = dns.message.from_wire(packet)
            answer = dns.message.make_response(question)
            name = question.question[0].name.to_text()
            if name in records:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "SRV", *records[name]))
            else:
                answer.set_rcode(3)
            server.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    yield records, resolver
    server.close()


def said(found):
    return (found.host, found.port, found.security.value) if found else None


TLS = "_submissions._tcp.example.org."
STARTTLS = "_submission._tcp.example.org."


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({}, None),
        ({STARTTLS: ["0 1 587 mail.example.org."]}, ("mail.example.org", 587, "starttls")),
        (
            {TLS: ["0 1 465 Smtp.Example.org."], STARTTLS: ["0 1 587 mail.example.org."]},
            ("smtp.example.org", 465, "tls"),
        ),
        (
            {
                TLS: [
                    "20 9 465 c.example.org.",
                    "10 1 465 b.example.org.",
                    "10 5 465 a.example.org.",
                ]
            },
            ("a.example.org", 465, "tls"),
        ),
        (
            {TLS: ["0 0 0 ."], STARTTLS: ["0 1 587 m.example.org."]},
            ("m.example.org", 587, "starttls"),
        ),
        ({TLS: ["0 0 465 localhost."]}, None),
    ],
    ids=["nothing", "starttls", "tls-first", "order", "not-there", "no-name"],
)
def test_implicit_tls_comes_before_starttls(zone, entries, expected):
    records, resolver = zone
    records.update(entries)
    assert said(find_submission("example.org", resolver)) == expected


@pytest.mark.parametrize("domain", ["", "localhost", "a b.example", "-.example", "x" * 300])
def test_what_is_no_domain_asks_nobody(zone, domain):
    assert find_submission(domain, zone[1]) is None
