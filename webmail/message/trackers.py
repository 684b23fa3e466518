"""Which remote pictures are there to tell their sender that a message was opened (T09).

A picture is a tracker when a service known for it asks for it (the table), when nobody could
see it (``hidden_pictures``), or when its address reads like a count rather than a picture.
"""

import re
from functools import lru_cache
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

MAX_AREA_PX = 25
_MAX_PICTURES = 2000
_MAX_TAG_CHARS = 4000
_MAX_CHARS = 300_000

# Name of the service, the start of the path, hosts (the end of the name; - for any).
_TABLE = r"""
Mailchimp         /track/open                        list-manage.com list-manage1.com
Mailchimp         /track/open                        list-manage2.com mailchimp.com
Mailchimp         /track/open                        mandrillapp.com
SendGrid          /wf/open                           -
SendGrid          /(?:wf|mpss/o|o)/                  sendgrid.net
HubSpot           /                                  hubspotemail.net hubspotlinks.com
HubSpot           /                                  hubspotlinksfree.com hs-inbox.com
HubSpot           /                                  track.hubspot.com t.sidekickopen.com
HubSpot           /                                  sidekickopen01.com t.signaux.com t.senal.com
HubSpot           /e[23]t/(?:o|to)/                  -
Mailgun           /o/                                mailgun.org mailgun.net
Mailgun           /o/eJ[\w-]{20}                     -
Amazon SES        /I0/                               awstrack.me
Amazon SES        /I0/[0-9a-f]{10}                   -
Constant Contact  /(?:on\.jsp|tn\.jsp|images/p1x1)   rs6.net constantcontact.com
Klaviyo           /                                  klaviyomail.com klaviyo.com klclick.com
Klaviyo           /                                  klclick1.com klclick2.com klclick3.com
Salesforce        /(?:open|.*open\.aspx)             exct.net exacttarget.com
Salesforce        /open\.aspx                        -
Salesforce        /r/                                pardot.com
Braze             /                                  braze.com braze.eu appboy.com appboy.eu
SparkPost         /(?:q|o)/                          sparkpostmail.com spgo.io e.sparkpost.com
SparkPost         /q/[\w~-]{20,}~+/                  -
Customer.io       /(?:e/)?o/                         customer.io customeriomail.com
Customer.io       /e/o/[\w=-]{20}                    -
Postmark          /(?:open|o)                        pstmrk.it
Brevo             /                                  sendibt1.com sendibt2.com sendibt3.com
Brevo             /                                  sendibm1.com sendibm2.com sendibm3.com
Brevo             /tr/op/                            -
Mailjet           /oo?/                              mjt.lu mailjet.com
Mailjet           /oo/[\w]{6}                        -
Google Analytics  /                                  google-analytics.com analytics.google.com
Google Analytics  /                                  googletagmanager.com
Google Ads        /                                  doubleclick.net googleadservices.com
Google Ads        /                                  googlesyndication.com
Facebook          /(?:tr\b|email_open_log_pic)       facebook.com
LinkedIn          /(?:emimp|e/|comm/.*emimp)         linkedin.com
LinkedIn          /                                  px.ads.linkedin.com ads.linkedin.com
X                 /(?:scribe/|i/adsct)               twitter.com t.co x.com
Substack          /o(?:pen)?(?:/|\?|$)               substack.com substackcdn.com
Beehiiv           /(?:ss/o|o)/                       beehiiv.com
Beehiiv           /ss/o/                             -
Yesware           /                                  yesware.com
Mixmax            /(?:e/o|api/track|o)/              mixmax.com
Streak            /                                  mailfoogae.appspot.com streak.com
Superhuman        /                                  r.superhuman.com superhuman.com
Boomerang         /tr                                mailstat.us boomeranggmail.com
Bananatag         /                                  bl-1.com bananatag.com
Mailtrack         /                                  mailtrack.io mltrk.io
Outreach          /api/mailings/opened               outrch.com outreach.io
SalesLoft         /(?:t|email_trackers|open)         salesloft.com
Apollo            /api/v1/emailer                    apollo.io
ToutApp           /                                  toutapp.com
Cirrus Insight    /                                  cirrusinsight.com
Contactually      /                                  contactually.com
Litmus            /                                  emltrk.com
Return Path       /                                  returnpath.net
Campaign Monitor  /t/.*-o                            createsend.com cmail1.com cmail2.com
Campaign Monitor  /t/.*-o                            cmail3.com cmail4.com cmail19.com cmail20.com
Campaign Monitor  /t/[a-z]-o-                        -
ActiveCampaign    /                                  activehosted.com acemlna.com acemlnb.com
ActiveCampaign    /                                  acemlnc.com acems1.com emlnk.com
ActiveCampaign    /lt\.php\?.*l=open                 -
AWeber            /                                  openrate.aweber.com
GetResponse       /open                              getresponse.com gr-mail.com
ConvertKit        /o                                 convertkit-mail.com convertkit-mail2.com
ConvertKit        /o                                 convertkit-mail4.com
MailerLite        /(?:link/o|o)                      mlsend.com mailerlite.com ml.mailersend.com
Drip              /(?:o|pixel)                       getdrip.com dripemail2.com
Iterable          /(?:e/encryptedOpen|e/open|.*open) links.iterable.com iterable.com
Marketo           /                                  mktoresp.com mktoemail.com
Marketo           /trk\?t=                           -
Eloqua            /                                  en25.com eloqua.com
Acoustic          /open                              mkt41.net
Acoustic          /open/log/                         -
Intercom          /o                                 via.intercom.io intercom-mail.com
Intercom          /o                                 intercom-mail-200.com
Vero              /                                  getvero.com veromail.com
Omnisend          /                                  soundestlink.com omnisendlink.com
Zendesk           /api/v1/email_tracking             futuresimple.com
Front             /api/1/noauth                      frontapp.com
Gem               /o                                 zen.sr gem.com
Zoho              /(?:.*open|.*imp)                  zoho.com zcsend.net maillist-manage.com
Dotdigital        /.*/o                              dotdigital-pages.com trackedlink.net
Dotdigital        /.*/o                              dmtrk.net
Emarsys           /mo/                               emarsys.net emarsys.com
Listrak           /                                  listrakbi.com
Sailthru          /                                  sailthru.com sail-horizon.com
Adobe Campaign    /r/\?id=h                          -
Cordial           /o                                 cordial.io
Mautic            /email/[0-9a-f]{10,}\.gif          -
listmonk          /campaign/[0-9a-f-]{30,}/[0-9a-f-]{30,}/px\.png -
phpList           /(?:lists/)?ut\.php                -
Microsoft         /                                  mucp.api.account.microsoft.com
Amazon            /gp/(?:r\.html|forum/email/tracking) amazon.com
eBay              /                                  rover.ebay.com
Comscore          /                                  scorecardresearch.com
Piwik             /(?:piwik|matomo)\.php             -
"""


def _rules() -> list[tuple[str, tuple[str, ...], re.Pattern[str]]]:
    rules = []
    for line in _TABLE.strip().splitlines():
        name, (path, *hosts) = line[:17].strip(), line[17:].split()
        known = tuple(host for host in hosts if host != "-")
        rules.append((name, known, re.compile(path, re.IGNORECASE)))
    return rules


_RULES = _rules()
_COUNTING = re.compile(
    r"/(?:open|opens|opened|track|tracking|trk|pixel|pixels|beacon|impression|o|wf/open)"
    r"(?:/|\.gif|\.png|\.php|\.aspx?|\.jsp|\?|$)"
    r"|/(?:o|t|b|1x1|blank|clear|px|spy|tr|open|count(?:er)?|stat|beacon|pixel|tracker)\.gif(?:\?|$)",
    re.IGNORECASE,
)
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp)$", re.IGNORECASE)
_IMG = re.compile(r"<img\b", re.IGNORECASE)
_ATTRIBUTES = re.compile(
    r"""([a-z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)|"[^"]*"|'[^']*'|(>)""", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*([0-9]{0,5}\.?[0-9]{1,5})\s*(?:px|pt)?\s*", re.IGNORECASE)
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*0*\.?0*(?![.0-9])|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)


def tracker_of(url: str, *, is_hidden: bool = False, is_sized: bool = False) -> str:
    """Who learns of the opening by this picture: a service or a host; empty for a picture.

    ``is_hidden``: nobody can see it.  ``is_sized``: it is given the room of a real picture.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    for name, pattern in _rules_for(host):
        if pattern.match(path):
            return name
    last = f"/{parts.path.rpartition('/')[2]}"
    is_named = _PICTURE_NAME.search(last) and not _COUNTING.search(last)
    counts = not is_sized and not is_named and _COUNTING.search(path)
    return host if is_hidden or counts else ""


@lru_cache(maxsize=512)
def _rules_for(host: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A message has hundreds of pictures, of one host or two."""
    return tuple((name, each) for name, hosts, each in _RULES if not hosts or _is_of(host, hosts))


def _is_of(host: str, names: tuple[str, ...]) -> bool:
    return host in names or any(host.endswith(f".{name}") for name in names)


def sizes_of(html: str) -> dict[str, bool]:
    """The ``src`` of pictures in the source whose size is said: True for one nobody can see.

    A picture that is shown anywhere is not hidden.  A hint, not a wall: what this misreads is
    withheld all the same until somebody allows it.
    """
    sizes: dict[str, bool] = {}
    room = _MAX_CHARS
    for match in islice(_IMG.finditer(html), _MAX_PICTURES):
        attributes, end = _attributes(html, match.end())
        room -= end - match.end()
        if room < 0:
            break
        hidden = _is_hidden(attributes)
        source = attributes.get("src", "")
        if source and hidden is not None:
            sizes[source] = hidden and sizes.get(source, True)
    return sizes


def _attributes(html: str, start: int) -> tuple[dict[str, str], int]:
    """Of one tag, the first of each name as a browser takes it; and where the tag ends."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTES.finditer(html, start, start + _MAX_TAG_CHARS):
        if match[3]:
            return found, match.end()
        if match[1]:
            found.setdefault(match[1].lower(), unescape(match[2].strip("\"'")))
    return found, start + _MAX_TAG_CHARS


def _is_hidden(attributes: dict[str, str]) -> bool | None:
    """None where nothing is said of its size."""
    style = attributes.get("style", "")
    if _HIDING.search(style) or "hidden" in attributes:
        return True
    width = _pixels(style, attributes, "width")
    height = _pixels(style, attributes, "height")
    if width is None and height is None:
        return None
    wide = width if width is not None else height
    high = height if height is not None else width
    return (wide or 0) * (high or 0) <= MAX_AREA_PX


def _pixels(style: str, attributes: dict[str, str], name: str) -> float | None:
    said = re.search(rf"(?:^|[;\s])(?:max-)?{name}\s*:\s*([^;!]+)", style, re.IGNORECASE)
    for text in (said[1] if said else "", attributes.get(name, "")):
        if number := _LENGTH.fullmatch(text):
            return float(number[1])
    return None
