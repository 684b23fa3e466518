"""Names that strangers like to borrow, and the domains that may use them.

Only names that many people have mail from, and only where the real domains are known: a
name that is also a word or a first name counts only beside a word like "support".
"""

import re
from functools import cache

from webmail.message.domains import organisation, registrable_domain, skeleton, suffix_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# name → what else its owners send from: whole domains, or labels under their own suffixes
_OWNERS: dict[str, str] = {
    "adobe": "adobesystems adobesign adobe-campaign echosign.com",
    "airbnb": "airbnbmail",
    "amazon": "amazonses amazonaws primevideo audible amazon-corp a2z.com amazonbusiness",
    "american express": "americanexpress aexp amex americanexpress.io",
    "apple": "icloud me.com mac.com applemusic itunes appleid",
    "bank of america": "bankofamerica bofa ml.com bofasecurities",
    "barclays": "barclaycard barclaycardus",
    "binance": "",
    "booking.com": "booking",
    "capital one": "capitalone",
    "chase": "jpmorgan jpmorganchase",
    "citibank": "citi",
    "coinbase": "",
    "comdirect": "",
    "commerzbank": "",
    "deutsche bank": "deutsche-bank db.com deutschebank",
    "deutsche post": "deutschepost dhl dpdhl",
    "deutsche telekom": "telekom t-online magenta t-mobile",
    "dhl": "dpdhl deutschepost dhl-news dhlparcel dhlecommerce dhlpaket",
    "docusign": "docusign-mail",
    "dpd": "dpdgroup dpdlocal",
    "dropbox": "dropboxmail hellosign dropboxsign",
    "ebay": "ebaymail ebay-kleinanzeigen ebayinc",
    "facebook": "facebookmail meta fb.com metamail",
    "fedex": "fedexmail",
    "github": "githubusercontent npmjs githubsupport",
    "gmail": "google googlemail",
    "google": "googlemail gmail youtube android googlegroups withgoogle google.dev",
    "google drive": "google",
    "handelsbanken": "handelsbanken.co.uk",
    "hmrc": "hmrc.gov.uk service.gov.uk gov.uk",
    "hsbc": "hsbcgroup",
    "icloud": "apple me.com",
    "instagram": "facebookmail meta metamail instagr.am ig.me",
    "ionos": "1und1 1and1 ui-portal",
    "klarna": "",
    "linkedin": "linkedin-ei",
    "lloyds bank": "lloydsbank lloydsbanking lloydsbankinggroup",
    "mastercard": "",
    "metamask": "consensys",
    "microsoft": "microsoftonline office365 office outlook live hotmail windows azure skype"
    " sharepointonline sharepoint onmicrosoft onedrive dynamics xbox microsoftstoreemail msn aka.ms"
    " microsoftrewards bing",
    "microsoft 365": "microsoft microsoftonline office365 office",
    "netflix": "",
    "nordea": "",
    "office 365": "microsoft microsoftonline office",
    "onedrive": "microsoft live sharepointonline",
    "outlook": "microsoft live hotmail office365",
    "paypal": "paypal-communication paypal-customerfeedback paypal-exchanges paypal-prepaid"
    " paypal-brasil paypal-techsupport paypal-marketing paypalobjects xoom braintreepayments",
    "postbank": "deutsche-bank db.com",
    "postnord": "postnordmail",
    "revolut": "",
    "royal mail": "royalmail parcelforce royalmailgroup",
    "santander": "santanderbank santander-consumer gruposantander bancosantander",
    "skatteverket": "",
    "spotify": "",
    "steam": "steampowered steamcommunity valvesoftware",
    "swedbank": "",
    "twitter": "x.com t.co",
    "uber": "ubereats",
    "ups": "upsemail",
    "usps": "usps.gov informeddelivery.usps.com",
    "vodafone": "",
    "wells fargo": "wellsfargo wf.com wellsfargoadvisors",
    "western union": "westernunion",
    "whatsapp": "facebookmail meta wa.me",
    "yahoo": "yahooinc yahoo-inc ymail rocketmail oath verizonmedia yahoogroups",
    "zoom": "zoomus zoom.us zoomgov",
}
# A word, a surname or a place as well.
_AMBIGUOUS = _words("apple booking chase outlook steam uber ups zoom dpd office wise")
# What stands beside a brand when it speaks for itself.
_OFFICE_WORDS = _words(
    """
    account accounts alert alerts admin administration assistance benachrichtigung billing
    bezahlung care center centre client com communication compte konto contact customer de
    department desk ebanking fraud gmbh help helpdesk id inc info information informationen
    international invoice it kundenservice kundtjänst kundtjanst ltd mail member message
    messaging news no notice notification notifications noreply online order orders paket
    payment payments prevention prime rechnung reply safety se secure security service
    services servicio seguridad shipping sicherheit signin support säkerhet team the trust
    update updates us uk verification verify webmail your sécurité securite kundendienst
    nachricht meldung express delivery tracking track parcel bank login reset password
    storage cloud sign
    """
)
# Mail goes out under the name of others from here; nobody is deceived by the domain.
FREE_MAIL = _words(
    """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com
    icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de
    t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com
    pm.me tutanota.com tuta.io fastmail.com zoho.com posteo.de mailbox.org hotmail.co.uk
    hotmail.fr hotmail.de hotmail.se outlook.de outlook.fr live.se live.de yahoo.co.uk
    yahoo.de yahoo.fr orange.fr wanadoo.fr free.fr laposte.net libero.it qq.com 163.com
    126.com naver.com telia.com comhem.se bredband.net comcast.net verizon.net att.net
    sbcglobal.net rocketmail.com hey.com
    """
)
_GENERAL = frozenset({"com", "net", "org", "io", "eu"})
_GIVEN_AWAY = _words("cc cf ga gq ml pw tk ws su to")  # for nothing, to anybody
_LETTERS = re.compile(r"[^\W_]+")
_BY_WAY_OF = re.compile(r"\b(?:via|through|über)\s+(.+)$", re.IGNORECASE)


def claimed_brand(name: str) -> str:
    """The brand that a display name says it is; empty for nearly all.

    ``PayPal Security`` claims to be PayPal, ``Jonas, PayPal fan`` does not.
    """
    if (carrier := _BY_WAY_OF.search(name)) and (brand := claimed_brand(carrier[1])):
        return brand
    words = [skeleton(word) for word in _LETTERS.findall(name.lower())]
    if len(words) > 1 and (whole := _by_shape().get("".join(words))):
        return "" if whole in _AMBIGUOUS else whole  # "P a y P a l"
    joined = f" {' '.join(words)} "
    for shape, brand in _by_shape().items():
        if f" {shape} " not in joined:
            continue
        rest = joined.replace(f" {shape} ", " ", 1).split()
        is_office = all(word in _office_shapes() or word.isdigit() for word in rest)
        if is_office and (rest or brand not in _AMBIGUOUS):
            return brand
    return ""


def speaking_name(name: str) -> str:
    """The shape of a name without the words of an office: ``nordbank`` of ``Nordbank Help``."""
    words = [skeleton(word) for word in _LETTERS.findall(name.lower())]
    return "".join(word for word in words if word not in _office_shapes() and not word.isdigit())


def is_of_brand(host: str, brand: str) -> bool:
    """Whether mail of this brand may come from this host."""
    domain, label = registrable_domain(host), organisation(host)
    owners = {*_OWNERS[brand].split(), _label(brand)}
    top = suffix_of(host).rpartition(".")[2]
    is_general = top in _GENERAL or (len(top) == 2 and top not in _GIVEN_AWAY)
    return domain in owners or (label in owners and is_general) or suffix_of(host) == brand


def imitated_brand(host: str) -> str:
    """The brand whose domain a host is made to be taken for: ``paypa1.com``, ``paypal-login.co``.

    Empty for the brand's own domains.
    """
    label = organisation(host)
    for brand in _OWNERS:
        own = _label(brand)
        if len(own) < 5 or is_of_brand(host, brand):
            continue
        if skeleton(label).replace("-", "") == skeleton(own) and label != own:
            return brand
    return ""


def worded_brand(host: str) -> str:
    """The brand in ``paypal-login.com``, ``securepaypal.com`` and ``paypal.xyz``."""
    words = [skeleton(word) for word in organisation(host).split("-")]
    for brand in _OWNERS:
        own = _label(brand)
        if len(own) < 5 or own in _AMBIGUOUS:
            continue
        if skeleton(own) in words or is_with_office_word(organisation(host), own):
            return "" if is_of_brand(host, brand) else brand
    return ""


def is_with_office_word(label: str, own: str) -> bool:
    """``paypalsupport`` and ``secure-paypal`` for ``paypal``: its name, and what offices say."""
    shape, whole = skeleton(own), skeleton(label)
    rest = whole.removeprefix(shape) if whole.startswith(shape) else whole.removesuffix(shape)
    return rest != whole and rest.strip("-") in _office_shapes()


def says_office_of(host: str, brand: str) -> bool:
    return is_with_office_word(organisation(host), _label(brand))


def borrowed_brand(host: str) -> str:
    """The brand in ``paypal.com.check.example`` and ``login.paypal.com-check.example``."""
    before = f".{host.lower()}"
    return next(
        (
            brand
            for brand in _OWNERS
            if any(f".{_label(brand)}.com{end}" in before for end in ".-")
            and not is_of_brand(host, brand)
        ),
        "",
    )


def is_one_brand(one: str, other: str) -> bool:
    brand = brand_of(one)
    return bool(brand) and is_of_brand(other, brand)


def is_word_of(brand: str, addr_spec: str) -> bool:
    """A brand that is a word, said of oneself in one's address too: ``booking@theatre.example``."""
    word = _label(brand)
    return word in _AMBIGUOUS and word in _LETTERS.findall(addr_spec.lower())


def brand_of(host: str) -> str:
    """The brand a host belongs to, by its own name."""
    label = organisation(host)
    return next((b for b in _OWNERS if _label(b) == label and is_of_brand(host, b)), "")


def shown_brand(brand: str) -> str:
    return _WRITTEN.get(brand, brand.title())


_WRITTEN = {
    "dhl": "DHL",
    "dpd": "DPD",
    "ebay": "eBay",
    "paypal": "PayPal",
    "github": "GitHub",
    "hmrc": "HMRC",
    "hsbc": "HSBC",
    "icloud": "iCloud",
    "ionos": "IONOS",
    "linkedin": "LinkedIn",
    "onedrive": "OneDrive",
    "docusign": "DocuSign",
    "fedex": "FedEx",
    "postnord": "PostNord",
    "ups": "UPS",
    "usps": "USPS",
    "whatsapp": "WhatsApp",
    "metamask": "MetaMask",
    "booking.com": "Booking.com",
    "bank of america": "Bank of America",
}


def _label(brand: str) -> str:
    return re.sub(r"[ .]com$|[ .]", "", brand)


@cache
def _by_shape() -> dict[str, str]:
    """Brands by what their names look like, the longest first."""
    shapes = {" ".join(map(skeleton, _LETTERS.findall(brand))): brand for brand in _OWNERS}
    shapes |= {skeleton(_label(brand)): brand for brand in _OWNERS}
    return dict(sorted(shapes.items(), key=lambda pair: -len(pair[0])))


@cache
def _office_shapes() -> frozenset[str]:
    return frozenset(skeleton(word) for word in _OFFICE_WORDS)
