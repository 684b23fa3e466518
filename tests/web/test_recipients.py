"""Recipients as they are typed, and what a link may fill in."""

import pytest

from webmail.message.address import Address
from webmail.web.recipients import fields_from_link, read_recipients, typed_addresses


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a@b.example", ["a@b.example"]),
        ("a@b.example; c@d.example,", ["a@b.example", "c@d.example"]),
        ('"Okafor, Jonas" <jonas@b.example>', ["jonas@b.example"]),
        ("a@b.example\nc@d.example", ["a@b.example", "c@d.example"]),
        ("", []),
    ],
)
def test_addresses_are_read_as_people_type_them(typed, expected):
    recipients, errors = read_recipients({"to": typed})
    assert [address.addr_spec for address in recipients.to] == expected
    assert errors == {}


def test_each_wrong_field_is_named_with_its_first_wrong_address():
    recipients, errors = read_recipients({"to": "a@b.example, c", "bcc": "x@ , y@z.example"})
    assert [address.addr_spec for address in recipients.to] == ["a@b.example"]
    assert [address.addr_spec for address in recipients.bcc] == ["y@z.example"]
    assert list(errors) == ["to", "bcc"]
    assert "“c”" in errors["to"]


@pytest.mark.parametrize(
    ("typed", "left_out"),
    [
        ("a@b.example c@d.example", "c@d.example"),
        ("Jonas <a@b.example> c@d.example", "c@d.example"),
        ("a@b.example Jonas <c@d.example>", "a@b.example"),
        ("<a@b.example> <c@d.example>", "c@d.example"),
    ],
)
def test_an_address_without_a_comma_is_never_left_out_in_silence(typed, left_out):
    _, errors = read_recipients({"to": typed})
    assert errors == {"to": f"“{left_out}” would be left out: put a comma between the addresses."}


@pytest.mark.parametrize(
    "typed",
    [
        "a@b.example <a@b.example>",
        '"me@work" <a@b.example>',
        "a@b.example (me@work)",
        '"ab"@c.example',
    ],
)
def test_an_at_sign_in_a_name_is_no_second_address(typed):
    assert read_recipients({"to": typed})[1] == {}


def test_what_is_written_into_a_field_reads_back_as_the_same():
    addresses = (Address("Okafor, Jonas", "j@b.example"), Address("結衣", "y@b.example"))
    assert read_recipients({"to": typed_addresses(addresses)})[0].to == addresses


def test_a_header_cannot_ride_in_on_an_address():
    recipients, _ = read_recipients({"to": "a@b.example\r\nBcc: c@d.example"})
    assert all("\n" not in address.addr_spec for address in recipients.to)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"to": "a@b.example", "attach": "/etc/passwd"}, {"to": "a@b.example"}),
        ({"to": "mailto:a@b.example?cc=c@d.example"}, {"to": "a@b.example", "cc": "c@d.example"}),
        ({"to": "mailto:?to=a%2Bb@c.example"}, {"to": "a+b@c.example"}),
        ({"to": "mailto:a%40b.example?subject=1+1&attachment=x"},
         {"to": "a@b.example", "subject": "1+1"}),
        ({"subject": "One\r\nBcc: x@y.example"}, {"subject": "One Bcc: x@y.example"}),
        ({"body": "One\r\nTwo"}, {"text": "One\nTwo"}),
    ],
)  # fmt: skip
def test_a_link_fills_in_only_what_it_may(query, expected):
    assert fields_from_link(query) == expected
