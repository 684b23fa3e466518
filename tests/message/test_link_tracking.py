import base64
import json
from urllib.parse import quote

import pytest

from webmail.message.link_tracking import true_link

TARGET = "https://ex.example/a?b=1"
ESCAPED = quote(TARGET, safe="")


def packed(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/?utm_source=x&b=1&utm_medium=y", "https://a.example/?b=1"),
        ("https://a.example/?UTM_Source=x#top", "https://a.example/#top"),
        ("https://a.example/?b=1&b=2&c&fbclid=x", "https://a.example/?b=1&b=2&c"),
        ("https://a.example/?mc_cid=1&mc_eid=2&gclid=3&_hsenc=4", "https://a.example/"),
        ("https://a.example/?igshid=1&vero_id=2&mkt_tok=3&x=%26", "https://a.example/?x=%26"),
        ("https://a.example/?cutm_source=1&id=2", "https://a.example/?cutm_source=1&id=2"),
        ("https://a.example/?q=utm_source=1", "https://a.example/?q=utm_source=1"),
        ("https://a.example/utm_source=1/", "https://a.example/utm_source=1/"),
        ("mailto:a@b.example?subject=utm_source%3D1", "mailto:a@b.example?subject=utm_source%3D1"),
        ("tel:+461", "tel:+461"),
    ],
)
def test_parameters_that_follow_the_reader_are_taken_off(link, kept):
    assert true_link(link) == kept


@pytest.mark.parametrize(
    "link",
    [
        f"https://www.google.com/url?q={ESCAPED}&sa=D&usg=x",
        f"https://www.google.co.uk/url?sa=t&url={ESCAPED}",
        f"https://eur01.safelinks.protection.outlook.com/?url={ESCAPED}&data=05%7C&reserved=0",
        f"https://urldefense.proofpoint.com/v1/url?u={ESCAPED}&k=1",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__ex.example_a-3Fb-3D1&d=DwMF&c=x",
        "https://urldefense.com/v3/__https://ex.example/a?b=1__;!!abc!def$",
        "https://urldefense.com/v3/__https:/ex.example/a?b=1__;!!abc!def$",
        f"https://l.facebook.com/l.php?u={ESCAPED}&h=x",
        f"https://l.instagram.com/?u={ESCAPED}",
        f"https://www.linkedin.com/redir/redirect?url={ESCAPED}&urlhash=x",
        f"https://www.linkedin.com/safety/go?url={ESCAPED}",
        f"https://slack-redir.net/link?url={ESCAPED}",
        f"https://t.umblr.com/redirect?z={ESCAPED}&t=x",
        f"https://steamcommunity.com/linkfilter/?url={ESCAPED}",
        f"https://steamcommunity.com/linkfilter/?u={ESCAPED}",
        f"https://abc.r.us-east-1.awstrack.me/L0/{ESCAPED}/1/0100018/sig=1",
        "https://abc.r.eu-west-1.awstrack.me/L0/https:%2F%2Fex.example%2Fa%3Fb=1/1/0100018/sig",
        "https://mandrillapp.com/track/click/304/ex.example?p="
        + packed({"s": "x", "v": 1, "p": json.dumps({"u": 304, "url": TARGET})}),
        f"https://substack.com/redirect/2/{packed({'e': TARGET})}.sig?",
        f"https://www.youtube.com/redirect?q={ESCAPED}&redir_token=x",
        f"https://out.reddit.com/t3_x?url={ESCAPED}&token=x",
        f"https://vk.com/away.php?to={ESCAPED}",
        f"https://duckduckgo.com/l/?uddg={ESCAPED}",
        f"https://linkprotect.cudasvc.com/url?a={ESCAPED}&c=E",
        f"https://secure-web.cisco.com/1abc/{ESCAPED}",
        f"https://www.google.com/url?q={quote(f'https://l.facebook.com/?u={ESCAPED}', safe='')}",
        f"https://www.google.com/url?q={quote(TARGET + '&utm_source=x', safe='')}",
    ],
)
def test_a_detour_whose_target_stands_in_it_is_undone(link):
    assert true_link(link) == TARGET


def test_what_proofpoint_cut_out_is_put_back():
    link = "https://urldefense.com/v3/__https://ex.example/s?q=a*b**Ac__;{}!!x$"
    octets = base64.urlsafe_b64encode("+äö".encode()).decode().rstrip("=")
    assert true_link(link.format(octets)) == "https://ex.example/s?q=a+b%C3%A4%C3%B6c"


@pytest.mark.parametrize(
    "link",
    [
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/url?q=/search?x=1",
        "https://www.google.com/url?q=//ex.example/",
        "https://www.google.com/url?q=mailto:a@b.example",
        "https://www.google.com/url?q=data:text/html,x",
        "https://www.google.com/url?q=https:ex.example",
        "https://www.google.com/url?q=",
        "https://www.google.com/url",
        "https://google.com.evil.example/url?q=https://ex.example/",
        "https://evilgoogle.com/url?q=https://ex.example/",
        "https://www.google.com/search?q=https://ex.example/",
        "https://mandrillapp.com/track/click/1/x?p=bm8",
        "https://mandrillapp.com/track/click/1/x?p=%5B%5B%5B",
        "https://substack.com/redirect/2/WzFd",
        "https://urldefense.com/v3/__javascript:alert(1)__;!!x$",
        "https://urldefense.com/v3/__",
        "https://ex.example/go?url=https://other.example/",
    ],
)
def test_anything_else_stays_as_it_was(link):
    assert true_link(link) == link


@pytest.mark.parametrize("link", ["javascript:x", "/relative", "", "https://a.b\\c/"])
def test_what_is_no_link_is_none(link):
    assert true_link(link) is None


def test_a_ring_of_detours_comes_to_an_end():
    link = "https://ex.example/"
    for _ in range(9):
        link = f"https://www.google.com/url?q={quote(link, safe='')}"
    assert true_link(link).startswith("https://")
