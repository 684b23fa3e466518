"""Which hosts strangers may make us connect to (T76): by address, however it is spelled."""

import ipaddress

import pytest

from webmail.outbound_address import Refused, addresses_of, clean_name, is_public

NOT_PUBLIC = """
    127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255
    192.168.0.1 192.168.255.255 169.254.169.254 169.254.0.1 100.64.0.1 100.127.255.254
    192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 198.19.255.255
    192.88.99.1 192.31.196.1 192.52.193.1 192.175.48.1 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255
    ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 fe80::1 febf::1 fec0::1 feff::1
    fc00::1 fd12:3456::1 ff02::1 ff0e::1 2002:7f00:1:: 2002:808:808::1
    2001:0:53aa:64c:0:fbfe:80ff:fffe 2001:10::1 2001:20::1 2001:2::1 2001:db8::1 3fff::1
    2620:4f:8000::1 5f00::1 4000::1 2a00:1450:4001::5efe:7f00:1 2a00:1450:4001::200:5efe:10.0.0.1
""".split()  # noqa: SIM905 - a table to read
PUBLIC = """
    8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.1 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1
    192.167.1.1 198.17.0.1 198.20.0.1 223.255.255.255 169.253.1.1 192.0.1.1
    2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001:80b::200e 2620:0:ccc::2 2400:cb00::1
""".split()  # noqa: SIM905 - a table to read


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_what_is_not_on_the_public_internet_is_refused(text):
    assert not is_public(ipaddress.ip_address(text))
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(Refused):
        addresses_of(host, resolve=no_look_up)
    with pytest.raises(Refused):
        addresses_of("img.example.org", resolve=lambda _: [text])


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_is_taken(text):
    host = f"[{text}]" if ":" in text else text
    assert addresses_of(host, resolve=no_look_up) == [ipaddress.ip_address(text)]
    assert addresses_of("img.example.org", resolve=lambda _: [text])


@pytest.mark.parametrize(
    "host",
    """
    2130706433 017700000001 0x7f000001 0x7f.0.0.1 0177.0.0.1 127.1 127.0.1 0 0x 1 4294967295
    127.0.0.1. 0127.0.0.1 08.8.8.8 1.2.3.4.5 256.256.256.256 0x8.0x8.0x8.0x8 134744072 8.8.2056
    127.0.0.0x1 [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::1%25eth0] [::1%1] [fe80::1%eth0]
    [2001:4860:4860::8888%1] [::] [127.0.0.1] [] [x] localhost LOCALHOST intranet wpad
    """.split(),  # noqa: SIM905 - a table to read
)
def test_a_spelling_that_somebody_reads_as_an_address_is_refused(host):
    with pytest.raises(Refused):
        addresses_of(host, resolve=no_look_up)


@pytest.mark.parametrize(
    "name",
    [
        *("127.0.0.1.nip.io", "app-7f000001.nip.io", "10-0-0-1.sslip.io", "localtest.me"),
        *("lvh.me", "customer1.app.localhost", "spoofed.burpcollaborator.example", "a.internal"),
    ],
)
def test_a_public_name_of_a_private_address_is_refused(name):
    asked = []

    def resolve(host):
        asked.append(host)
        return ["10.0.0.1"]

    with pytest.raises(Refused):
        addresses_of(name, resolve=resolve)
    assert asked == [name]


@pytest.mark.parametrize(
    "answer",
    [
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["2001:4860:4860::8888", "::1"],
        ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"],
        ["8.8.8.8"] * 5 + ["169.254.169.254"],
        [],
        ["not an address"],
        ["8.8.8.8", "fe80::1%eth0"],
    ],
)
def test_one_bad_address_among_good_ones_is_enough(answer):
    with pytest.raises(Refused):
        addresses_of("img.example.org", resolve=lambda _: answer)


def test_a_name_is_looked_up_once_and_ipv4_comes_first():
    asked = []

    def resolve(host):
        asked.append(host)
        return ["2001:4860:4860::8888", "8.8.8.8", "8.8.8.8"]

    found = addresses_of("IMG.Example.org.", resolve=resolve)
    assert [str(address) for address in found] == ["8.8.8.8", "2001:4860:4860::8888"]
    assert asked == ["img.example.org"]


@pytest.mark.parametrize(
    "host",
    ["a..b", ".a.b", "a_b", "a b.c", "a/b.c", "a%2eb.c", "a\0.b", "-a.b", "ä.b", "a." * 200 + "b"],
)
def test_what_is_no_host_name_is_refused(host):
    with pytest.raises(Refused):
        clean_name(host)


def no_look_up(host):
    raise AssertionError(f"{host} was looked up")
