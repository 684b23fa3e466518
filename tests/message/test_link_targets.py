"""Links whose text names another place than their target."""

import pytest

from webmail.message.link_targets import links_of, misleading_links, named_host, with_true_hosts
from webmail.message.safe_html import SafeHtml
from webmail.message.sanitize import sanitize_for_reading


def cleaned(html):
    return sanitize_for_reading(html, cid_url=lambda _: None)[0]


def link(text, target):
    return f'<a href="{target}">{text}</a>'


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.Example.org/a?b", "www.example.org"),
        ("example.org", "example.org"),
        ("www.example.org.", "www.example.org"),
        ("bücher.ch/x", "bücher.ch"),
        ("http://example.org:8080", "example.org"),
        ("Click here", ""),
        ("report.zip", ""),
        ("node.js", ""),
        ("e.g.", ""),
        ("version 1.2", ""),
        ("1.2.3", ""),
        ("visit example.org now", ""),
    ],
)
def test_a_text_names_a_host_only_where_it_is_one(text, host):
    assert named_host(text) == host


@pytest.mark.parametrize(
    ("text", "target", "misleads"),
    [
        ("https://bank.com", "https://evil.ru/bank.com", True),
        ("www.bank.com", "https://bank.com.evil.ru/", True),
        ("<b>www.</b>bank.com", "https://evil.ru", True),
        ("www.bank.com", "https://secure.bank.com/", False),
        ("bank.com", "https://bank.de/", False),
        ("Our bank", "https://evil.ru", False),
        ("a@bank.com", "mailto:a@evil.ru", True),
        ("a@bank.com", "mailto:a%40bank.com?subject=x", False),
        ("www.bank.com", "https://bank.us2.list-manage.com/track/click?u=1", False),
        ("www.bank.com", "https://www.google.com/url?q=https://evil.ru/", True),
        ("www.bank.com", "https://www.google.com/url?q=https://www.bank.com/", False),
    ],
)
def test_a_link_misleads_where_it_names_another_organisation(text, target, misleads):
    assert bool(misleading_links(cleaned(link(text, target)))) is misleads


def test_the_true_host_stands_beside_the_link():
    html = with_true_hosts(cleaned(f"<p>{link('www.bank.com', 'https://evil.ru/x')} and so on</p>"))
    assert "www.bank.com</a><mark data-leads-to>leads to <bdi>evil.ru</bdi></mark> and" in html
    assert isinstance(html, SafeHtml)


def test_other_html_is_left_as_it_is():
    html = cleaned(link("www.bank.com", "https://bank.com/"))
    assert with_true_hosts(html) is html


def test_links_can_be_switched_off_and_still_tell_where_they_led():
    html = with_true_hosts(cleaned(link("Pay now", "https://evil.ru/x")), is_off=True)
    assert "href=" not in html
    assert "leads to <bdi>evil.ru</bdi>" in html


def test_a_look_alike_host_is_told_in_a_labels():
    html = with_true_hosts(cleaned(link("www.google.com", "https://gооgle.com/")))
    assert "leads to <bdi>xn--ggle-55da.com</bdi>" in html


def test_thousands_of_links_are_quickly_read():
    html = cleaned(link("www.bank.com", "https://evil.ru") * 3000)
    assert len(links_of(html)) == 2000
