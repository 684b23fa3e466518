"""Links whose text names one place and whose target is another (T21).

What is read is cleaned HTML, where every link is whole and absolute.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape, unescape
from urllib.parse import parse_qs, unquote, urlsplit

from webmail.message.domains import has_known_suffix, organisation, registrable_domain
from webmail.message.homograph import shown_host
from webmail.message.html_tokens import Token
from webmail.message.safe_html import SafeHtml


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAX_LINKS = 2000
_HREF = re.compile(r'(<a\b[^<>]*?) href="[^"]*"')
_MAX_TEXT = 300
# In cleaned HTML, "<" and ">" only ever bound a tag.
_ANCHOR = re.compile(r"<a(?: [^<>]*)?>|</a>")
_TAG = re.compile(r"<[^<>]*>")
_NAMED = re.compile(
    r"(?P<lead>https?://|(?=www\.))?(?P<host>(?:[^\W_](?:[\w-]{0,62})\.)+[^\W\d_][\w-]{1,62})"
    r"(?P<rest>[/:?#]\S*)?[.,;!)]?",
    re.IGNORECASE,
)
_URL = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>()]+@(?P<host>(?:[\w-]+\.)+[^\W\d_]{2,})")
# Endings of files that are top-level domains too; a bare name with one is no host.
_FILES = _words("zip mov md py rs sh pl ps ai cc so app js ts go net doc pdf html htm")
# Whose trade it is to count clicks, or to look at a target first.
_REDIRECTORS = _words(
    """
    list-manage.com mailchimp.com mandrillapp.com mcusercontent.com campaign-archive.com
    sendgrid.net sendgrid.com awstrack.me amazonses.com mailgun.org mailgun.info mailgun.net
    mjt.lu mailjet.com sendinblue.com brevo.com sibautomation.com sendibm1.com sendibt2.com
    sendibt3.com sendibm3.com hubspotemail.net hubspotlinks.com hubspot.com hs-sites.com
    hubspotlinksstarter.com exacttarget.com exct.net salesforce.com pardot.com marketo.com
    mktoweb.com mkt.com createsend.com createsend1.com cmail1.com cmail2.com cmail19.com
    cmail20.com constantcontact.com rs6.net klaviyomail.com klclick.com klclick1.com
    klclick2.com klclick3.com kmail-lists.com trk.klclick.com activehosted.com emlnk.com
    emlnk9.com acemlna.com acemlnb.com getresponse.com cleverreach.com crsend.com
    rapidmail.de emailsys1a.net emailsys2a.net inxmail.com inx-e.com episerver.net
    optivo.net xqueue.com srv2.de broadmail.de newsletter2go.com nl2go.com sparkpostmail.com
    sparkpostmail2.com e-msg.net pstmrk.it postmarkapp.com customeriomail.com customer.io
    intercom-mail.com intercom-clicks.com intercomcdn.com substack.com convertkit-mail.com
    convertkit-mail2.com convertkit-mail4.com ck.page beehiiv.com mailerlite.com mlsend.com
    mlsend2.com mailer-send.com drip.com getdrip.com iterable.com braze.com appboy.com
    moengage.com responsys.net eloqua.com en25.com emarsys.net emarsys.com dotdigital.com
    dmtrk.net dmtrk.com trackedlink.net silverpop.com mkt41.net bronto.com bm23.com
    listrakbi.com cordial.com sailthru.com phplist.com mailerq.com elasticemail.com
    vmailer.com turbo-smtp.com safelinks.protection.outlook.com outlook.com urldefense.com
    urldefense.proofpoint.com proofpoint.com mimecast.com mimecastprotect.com
    barracudanetworks.com cudasvc.com trendmicro.com fireeye.com ciscosecure.com cisco.com
    google.com googleadservices.com doubleclick.net t.co lnkd.in fb.me youtu.be bit.ly
    goo.gl ow.ly buff.ly amzn.to tinyurl.com linkedin.com facebook.com l.facebook.com
    sophos.com hornetsecurity.com retarus.com nospamproxy.com
    """
)
_CARRIED = ("url", "q", "u", "target", "redirect", "to", "dest", "link")


@dataclass(frozen=True, slots=True)
class Link:
    """``named`` is the host that its text names, empty where it names none.

    ``is_url``: the text is not the bare name but an address to go to.  ``href`` is it whole.
    """

    named: str
    target: str
    is_mail: bool = False
    is_url: bool = False
    href: str = field(default="", compare=False)

    @property
    def misleads(self) -> bool:
        """Whether its text names another organisation than the one it leads to."""
        return bool(self.named and self.target) and not _is_one(self.named, self.target)


def links_of(html: str) -> tuple[Link, ...]:
    """The links of a message, in their order."""
    return tuple(link for link, _ in _walk(html))


def misleading_links(html: str, *, is_bulk: bool = False) -> tuple[Link, ...]:
    """Those that mislead, without those that only count clicks.

    ``is_bulk``: the message goes out to many.  There a sender rewrites every link to the one
    host that counts; the same host behind most of the links is that.
    """
    links = [link for link in links_of(html) if link.target]
    wrong = [each for each in links if each.misleads]
    counter = _counter(links)
    # Who counts clicks sends links of every name over one host; who deceives needs one name.
    if not is_bulk and len({registrable_domain(each.named) for each in wrong}) < 3:
        counter = ""
    return tuple(each for each in wrong if not _counts(each, counter))


def with_true_hosts(
    html: SafeHtml, *, is_bulk: bool = False, is_off: bool = False, ask_at: str = ""
) -> SafeHtml:
    """The HTML with the true host beside each link that misleads.

    ``is_off``: beside every link, and none of them leads anywhere.  ``ask_at``: those that
    mislead lead to this page of ours first, with their number behind it.
    """
    wrong = set(links_of(html) if is_off else misleading_links(html, is_bulk=is_bulk))
    if not wrong:
        return html
    pieces: list[str] = []
    position = 0
    for number, (link, end) in enumerate(_walk(html)):
        if link in wrong and link.target:
            host = escape(shown_host(link.target))
            written = html[position:end]
            if ask_at and not link.is_mail:
                written = _led_to(written, f"{ask_at}{number}")
            pieces += [written, f"<mark data-leads-to>leads to <bdi>{host}</bdi></mark>"]
            position = end
    told = "".join((*pieces, html[position:]))
    return SafeHtml(_HREF.sub(r"\1", told) if is_off else told)


def misleading_link(html: str, number: int, *, is_bulk: bool = False) -> Link | None:
    """That of ``with_true_hosts`` with this number; None for any other."""
    links = links_of(html)
    if not 0 <= number < len(links) or links[number].is_mail:
        return None
    link = links[number]
    return link if link in misleading_links(html, is_bulk=is_bulk) else None


def _led_to(written: str, url: str) -> str:
    """``written`` ends with the link."""
    at = written.rindex("<a ")
    return written[:at] + _HREF.sub(rf'\1 href="{escape(url)}"', written[at:], count=1)


def _counter(links: list[Link]) -> str:
    """The registrable domain behind most of at least three links."""
    domains = [registrable_domain(link.target) for link in links if not link.is_mail]
    most = max(set(domains), key=domains.count, default="")
    return most if len(domains) >= 3 and domains.count(most) * 2 > len(domains) else ""


def _counts(link: Link, counter: str) -> bool:
    return not link.is_mail and registrable_domain(link.target) == counter != ""


@lru_cache(maxsize=16)
def _walk(html: str) -> tuple[tuple[Link, int], ...]:
    """Each link, and where it ends.  Opening a message asks several times, of the same HTML."""
    found: list[tuple[Link, int]] = []
    href, start = "", 0
    for match in _ANCHOR.finditer(html):
        if match[0] != "</a>":
            href, start = Token("open", "a", match[0]).attribute("href"), match.end()
        elif href:
            text = _TAG.sub("", html[start : match.start()])[:_MAX_TEXT]
            found.append((_link(href, unescape(text)), match.end()))
            href = ""
            if len(found) == _MAX_LINKS:
                break
    return tuple(found)


def _link(href: str, text: str) -> Link:
    text = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf"
    )
    text = " ".join(text.split()).strip("<>()[]«»„“”\"' ")
    if href.startswith("mailto:"):
        named = _ADDRESS.fullmatch(text)
        target = _ADDRESS.fullmatch(unquote(re.split(r"[?,;]", href[7:], maxsplit=1)[0]))
        hosts = [match["host"].lower() if match else "" for match in (named, target)]
        return Link(hosts[0], hosts[1], is_mail=True)
    inside = _URL.findall(text)
    text = inside[0] if len(inside) == 1 else text
    is_url = text.lower().startswith(("http://", "https://", "www."))
    return Link(named_host(text), _target(href), is_url=is_url, href=href)


def named_host(text: str) -> str:
    """The host that a text is: of ``https://example.org/a``, of ``example.org``."""
    match = _NAMED.fullmatch(text)
    if match is None:
        return ""
    host = match["host"].lower()
    top = host.rpartition(".")[2]
    if not match["lead"] and (top in _FILES or not has_known_suffix(host)):
        return ""
    return host


def _target(href: str) -> str:
    """Where it leads in the end, as far as the link tells; empty where that cannot be told."""
    try:
        parts = urlsplit(href)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"}:
        return ""
    if registrable_domain(host) not in _REDIRECTORS and host not in _REDIRECTORS:
        return host
    carried = parse_qs(parts.query)
    for name in _CARRIED:
        for value in carried.get(name, ()):
            if value.startswith(("http://", "https://")):
                return (urlsplit(value).hostname or "").lower() if "[" not in value else ""
    return ""


def _is_one(one: str, other: str) -> bool:
    """One organisation, under one of its endings or the next."""
    if registrable_domain(one) == registrable_domain(other):
        return True
    first, second = organisation(one), organisation(other)
    return first == second and len(first) > 2
