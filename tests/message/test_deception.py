"""Attacks, and honest mail that looks like them: what is said of each."""

import pytest

from webmail.message.address import parse_address_list
from webmail.message.authentication import Authentication
from webmail.message.bodystructure import Part
from webmail.message.circle import Acquaintance, circle_of
from webmail.message.deception import Letter, judge
from webmail.message.evidence import Kind, Level

PEOPLE = (
    Acquaintance("Jonas Okafor", "jonas@hearth.example", written=12, heard=30),
    Acquaintance("Ingrid Lindgren", "ingrid.lindgren@gmail.com", written=4, heard=9),
    Acquaintance("Anna Wiik", "anna@dental-clinic.se", written=3, heard=3),
    Acquaintance("Handelsbank", "info@handelsbank.se", heard=20),
    Acquaintance("City Library", "loans@citylibrary.org", heard=12),
    Acquaintance("Lindgren Bau", "info@lindgrenbau.de", written=2, heard=6),
    Acquaintance("Amazon.de", "versand@amazon.de", heard=20),
)
CIRCLE = circle_of(PEOPLE, ["mara@hearth.example"])
NOBODY = circle_of((), ["mara@hearth.example"])

LIST = [("List-Id", b"<dev.lists.example.org>"), ("Precedence", b"list")]
BULK = [("List-Unsubscribe", b"<https://news.example.org/u>")]
HURRY = "Your account will be closed. Verify your password within 24 hours."


def link(text, target):
    return f'<a href="{target}" rel="noopener" target="_blank">{text}</a>'


def file(name, disposition="attachment", kind="application/octet-stream"):
    return Part("2", kind, filename=name, disposition=disposition)


def letter(sender, *, reply_to="", **changes):
    given = parse_address_list(sender)[0]
    return Letter(given, reply_to=parse_address_list(reply_to), **changes)


def failed(domain, policy="reject", arc=""):
    return Authentication(domain, dmarc="fail", policy=policy, arc=arc)


ATTACKS = {
    # a name that is another address
    "address as name": (letter('"jonas@hearth.example" <thief@evil.ru>'), Level.DANGER),
    "my address as name": (letter('"mara@hearth.example" <x@evil.ru>'), Level.DANGER),
    "a stranger's address as name": (letter('"ceo@company.com" <ceo77@gmail.com>'), Level.CAUTION),
    "name and address as name": (
        letter('"Jonas Okafor jonas@hearth.example" <a@b.top>'),
        Level.DANGER,
    ),
    # brands
    "brand at a stranger's": (letter("PayPal <service@secure-mail.top>"), Level.CAUTION),
    "brand, and in a hurry": (
        letter(
            "PayPal Security <a@mail-check.top>", text=HURRY, html=link("here", "https://x.top")
        ),
        Level.CAUTION,
    ),
    "brand by another alphabet": (letter("Pаypаl <a@mail.top>"), Level.DANGER),
    "brand in the domain by 1": (letter("PayPal <service@paypa1.com>"), Level.DANGER),
    "brand in the domain by rn": (letter("Team <account@rnicrosoft.com>"), Level.DANGER),
    "brand in the domain by 0": (letter("Google <no-reply@g00gle.com>"), Level.DANGER),
    "brand with a hyphen": (letter("Help <help@pay-pal.com>"), Level.DANGER),
    "brand with a word": (letter("PayPal <help@paypal-login.com>"), Level.DANGER),
    "brand under a cheap ending": (letter("Amazon <order@amazon.top>"), Level.DANGER),
    "brand below another domain": (letter("Amazon <a@amazon.com.evil.ru>"), Level.CAUTION),
    "brand with free mail": (letter("Microsoft Support <ms.support@gmail.com>"), Level.CAUTION),
    "brand by hidden signs": (letter("Pay\u200bPal <a@evil.top>"), Level.DANGER),
    "brand, its letters apart": (letter("P a y P a l <a@x.top>"), Level.CAUTION),
    "brand that carries": (letter("Eva Berg via DocuSign <sign@doc-esign.top>"), Level.CAUTION),
    "brand and an office, joined": (letter("Account <a@paypalsupport.com>"), Level.CAUTION),
    "an office and brand, joined": (letter("Account <a@securepaypal.net>"), Level.CAUTION),
    "brand's whole domain before": (letter("A <a@paypal.com.check.ru>"), Level.CAUTION),
    "brand's domain, hyphen": (letter("A <a@login.microsoft.com-check.net>"), Level.CAUTION),
    # people and houses one knows
    "friend with a title": (letter("Dr. Jonas M. Okafor - CEO <j@x.top>"), Level.CAUTION),
    "a known domain before": (letter("A <a@dental-clinic.se.check.top>"), Level.CAUTION),
    "address as name, wide": (letter('"jonas\uff20hearth.example" <a@b.top>'), Level.DANGER),
    "house by its name": (letter("Handelsbank Security <a@hb-login.com>"), Level.CAUTION),
    "house by its name and a link": (
        letter(
            "Handelsbank <a@hb-login.com>",
            html=link("https://www.handelsbank.se", "https://hb-login.com/x"),
        ),
        Level.DANGER,
    ),
    "friend at a stranger's": (letter("Jonas Okafor <jonas.okafor@evil.ru>"), Level.CAUTION),
    "friend with free mail, for money": (
        letter(
            "Jonas Okafor <jokafor.office@gmail.com>",
            text="I need gift cards, urgent. Are you at your desk?",
        ),
        Level.CAUTION,
    ),
    "domain with one letter wrong": (letter("Info <info@lindgrenbua.de>"), Level.DANGER),
    "domain of a friend, exchanged": (letter("Jonas Okafor <jonas@hearht.example>"), Level.DANGER),
    "domain by l for i": (letter("Bau <rechnung@llndgrenbau.de>"), Level.DANGER),
    "domain with a hyphen": (letter("Bau <rechnung@lindgren-bau.de>"), Level.CAUTION),
    "domain in Cyrillic": (letter("Jonas <jonas@heаrth.example>"), Level.DANGER),
    "domain in Cyrillic, as A-label": (letter("Apple <a@xn--80ak6aa92e.com>"), Level.DANGER),
    "local part of two alphabets": (letter("Jonas <jоnas@strange.example>"), Level.CAUTION),
    # answers
    "answers to a look-alike": (
        letter("Bau <info@lindgrenbau.de>", reply_to="info@lindgrenbaau.de"),
        Level.DANGER,
    ),
    "answers to one letter less": (
        letter("Jonas Okafor <jonas@hearth.example>", reply_to="jonas@heart.example"),
        Level.CAUTION,
    ),
    "boss whose answers go to free mail": (
        letter("Boss <boss@company.com>", reply_to="boss.company@gmail.com", text=HURRY),
        Level.CAUTION,
    ),
    # names turned around
    "turned name": (letter("Jonas \u202eslap\u202c <a@evil.ru>"), Level.CAUTION),
    # the server says no
    "domain disowns it": (
        letter("Bank <info@handelsbank.se>", authentication=failed("handelsbank.se")),
        Level.CAUTION,
    ),
    "in my name": (
        letter("Mara <mara@hearth.example>", authentication=failed("hearth.example")),
        Level.CAUTION,
    ),
    "blackmail in my name": (
        letter(
            "Mara <mara@hearth.example>",
            authentication=failed("hearth.example"),
            text="I know your password. Send bitcoins within 48 hours.",
        ),
        Level.CAUTION,
    ),
    # links
    "link of another bank": (
        letter("A <a@b.top>", html=link("www.handelsbank.se", "https://evil.ru/hb")),
        Level.CAUTION,
    ),
    "link that shows a URL": (
        letter("A <a@b.top>", html=link("https://shop.com/pay", "https://evil.ru/")),
        Level.CAUTION,
    ),
    "link with words before": (
        letter("A <a@b.top>", html=link("Here: https://www.handelsbank.se/x", "https://e.ru/")),
        Level.CAUTION,
    ),
    "link with hidden signs": (
        letter("A <a@b.top>", html=link("www.handels\u200bbank\uff0ese", "https://e.ru/")),
        Level.CAUTION,
    ),
    "link to a look-alike": (
        letter("A <a@b.top>", html=link("Log in", "https://paypa1.com/")),
        Level.CAUTION,
    ),
    "link to one number": (
        letter("A <a@b.top>", text=HURRY, html=link("Log in", "http://1572395042/")),
        Level.CAUTION,
    ),
    "link in look-alike letters": (
        letter("A <a@b.top>", html=link("here", "https://xn--80ak6aa92e.com/")),
        Level.CAUTION,
    ),
    "mail link to another": (
        letter("A <a@b.top>", html=link("info@handelsbank.se", "mailto:x@evil.ru")),
        Level.CAUTION,
    ),
    # files
    "program": (letter("A <a@b.top>", attachments=(file("setup.exe"),)), Level.CAUTION),
    "two endings": (letter("A <a@b.top>", attachments=(file("bill.pdf.exe"),)), Level.DANGER),
    "two endings far apart": (
        letter("A <a@b.top>", attachments=(file("bill.pdf        .scr"),)),
        Level.DANGER,
    ),
    "turned file name": (
        letter("A <a@b.top>", attachments=(file("bill\u202efdp.exe"),)),
        Level.DANGER,
    ),
    "web page that hurries": (
        letter("A <a@b.top>", text=HURRY, attachments=(file("login.html"),)),
        Level.CAUTION,
    ),
    "macros that hurry": (
        letter("A <a@b.top>", text="Final notice: invoice", attachments=(file("i.docm"),)),
        Level.CAUTION,
    ),
    "locked archive": (
        letter(
            "A <a@b.top>",
            text="Urgent invoice. The password is: 1234",
            attachments=(file("invoice.zip"),),
        ),
        Level.CAUTION,
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_told(name):
    found, least = ATTACKS[name]
    verdict = judge(found, CIRCLE)
    loud = [Level.CAUTION, Level.DANGER]
    assert verdict.level in loud[loud.index(least) :], verdict


FINE = {
    "friend": letter("Jonas Okafor <jonas@hearth.example>", text=HURRY),
    "friend with a web page": letter(
        "Jonas Okafor <jonas@hearth.example>", attachments=(file("trip.html"),)
    ),
    "to myself": letter("Mara <mara@hearth.example>", attachments=(file("backup.html"),)),
    "to myself by another name": letter('"mara@hearth.example" <mara@hearth.example>'),
    "mailing list with answers to it": letter(
        "Sam <sam@gmail.com>", reply_to="dev@lists.example.org", fields=LIST
    ),
    "friend on a mailing list": letter("Jonas Okafor via dev <dev@lists.org>", fields=LIST),
    "list that breaks signatures": letter(
        "Ann <ann@yahoo.com>", fields=LIST, authentication=failed("yahoo.com")
    ),
    "forwarded and vouched for": letter(
        "Ann <ann@company.com>", authentication=failed("company.com", arc="pass")
    ),
    "list that writes for somebody": letter(
        '"ann@company.com via dev" <dev@lists.org>', reply_to="ann@company.com", fields=LIST
    ),
    "newsletter that counts clicks": letter(
        "Shop <news@shop.com>",
        reply_to="Shop <service@shop-kundendienst.de>",
        fields=BULK,
        html="".join(
            link(text, f"https://trk.sender77.net/{n}")
            for n, text in enumerate(("www.shop.com", "facebook.com/shop", "Buy", "Unsubscribe"))
        ),
    ),
    "newsletter by a known counter": letter(
        "Shop <news@shop.com>", html=link("www.other.org", "https://shop.us5.list-manage.com/track")
    ),
    "receipt by a counter without a list": letter(
        "Shop <order@shop.com>",
        html="".join(
            link(text, f"https://c.mailhost.io/{n}")
            for n, text in enumerate(("www.shop.com", "www.parcel.org", "help.pay.net", "Order"))
        ),
    ),
    "gateway that looks at links": letter(
        "Ann <ann@company.com>",
        html=link(
            "www.example.org",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.example.org%2F",
        ),
    ),
    "invitation from Google": letter(
        "Jonas Okafor <calendar-notification@google.com>", reply_to="jonas@hearth.example"
    ),
    "shared by Google": letter(
        '"Jonas Okafor (via Google Docs)" <drive-shares-noreply@google.com>',
        reply_to="Jonas Okafor <jonas@hearth.example>",
    ),
    "GitHub for a friend": letter(
        "Jonas Okafor <notifications@github.com>", reply_to="reply@reply.github.com", fields=LIST
    ),
    "help desk": letter(
        "Company Support <support@company.zendesk.com>", reply_to="help@company.com"
    ),
    "form that writes for somebody": letter(
        '"ann@client.com" <no-reply@forms.host.com>', reply_to="ann@client.com"
    ),
    "shop on free mail": letter("Anna's Yarn <shop@annasyarn.se>", reply_to="annasyarn@gmail.com"),
    "PayPal by its own": letter("service@paypal.de <service@paypal.de>"),
    "PayPal by its mailer": letter("PayPal <paypal@mail.paypal-communication.com>"),
    "Amazon elsewhere": letter('"Amazon.co.jp" <order@amazon.co.jp>'),
    "Amazon's cloud": letter("Amazon Web Services <no-reply-aws@amazon.com>"),
    "Facebook by its mailer": letter("Facebook <notification@facebookmail.com>"),
    "Microsoft by its host": letter("Microsoft <no-reply@accountprotection.microsoft.com>"),
    "service that bears a friend's name": letter("Jonas Okafor <forge@mg.forge.com>"),
    "service in brackets": letter('"Jonas Okafor (Jira)" <jira@acme.org>'),
    "friend whose answers reach him": letter(
        "Jonas Okafor <jonas@work.org>", reply_to="jonas@hearth.example"
    ),
    "form of a friend": letter(
        '"jonas@hearth.example" <no-reply@forms.host.com>', reply_to="jonas@hearth.example"
    ),
    "friend's second address": letter("Jonas Okafor <jonas.okafor@gmail.com>"),
    "theatre": letter("Booking Office <booking@theatre.de>"),
    "machine at home": letter("UPS Alert <root@nas.local>"),
    "house by its mailing service": letter("Handelsbank <news@mailing.net>", fields=BULK),
    "plural of a domain": letter("Dental <info@dental-clinics.com>"),
    "house like another": letter("Baude <info@lindgrenbau-tirol.at>"),
    "one letter apart, elsewhere": letter("Library <tina@citylibrery.de>"),
    "brand under its next name": letter(
        "A <a@company.com>", html=link("twitter.com/a", "https://x.com/a")
    ),
    "brand under its short name": letter(
        "A <a@company.com>", html=link("teams.microsoft.com", "https://aka.ms/x")
    ),
    "brand that counts clicks": letter(
        "LinkedIn <a@linkedin.com>", html=link("Read", "https://linkedin-mail.com/")
    ),
    "news without a list, with a counter": letter(
        "Club <info@club.de>",
        html="".join(
            link(text, f"https://t.tool.de/{n}") for n, text in enumerate(("www.kiel.de", "a", "b"))
        ),
    ),
    "parcel service": letter("DHL Paket <noreply@dhl.de>", fields=BULK),
    "Google's answers at Gmail": letter("Gmail <x@google.com>", reply_to="x@gmail.com"),
    "umlaut domain": letter("Bücher Müller <info@bücher-müller.de>"),
    "umlaut domain as A-label": letter("Müller <info@xn--mller-kva.de>"),
    "Japanese domain": letter("田中 <info@日本語.jp>"),
    "Russian domain": letter("Иван <ivan@пример.рф>"),
    "Russian name, Latin address": letter("Иван Петров <ivan.petrov@yandex.ru>"),
    "sharp s": letter("Gärtnerei <info@gärtnerei-straße.de>"),
    "house under its other ending": letter("Handelsbank <news@handelsbank.com>"),
    "house under a subdomain": letter("Handelsbank <news@mail.handelsbank.se>"),
    "friend at home elsewhere": letter("Jonas Okafor <jonas@mail.hearth.example>"),
    "namesake by first name": letter("Jonas <jonas@sports-club.org>"),
    "surname of a brand": letter("Martin Chase <martin@chase-family.org>"),
    "fan of a brand": letter("Steam Train Society <info@steamtrains.org>"),
    "name with brackets": letter('"Lindgren, Ingrid (EXT)" <ingrid.lindgren@gmail.com>'),
    "stranger": letter("Eva Berg <eva@berg-family.se>", text="Remember me? Password: none."),
    "stranger with a bill": letter(
        "Plumber <info@plumber.se>",
        text="Invoice attached, payment within 30 days.",
        attachments=(file("invoice.pdf", kind="application/pdf"),),
    ),
    "haste alone": letter("Bank <info@otherbank.se>", text=HURRY),
    "bounce": letter("Mail Delivery System <MAILER-DAEMON@mx.example.org>"),
    "nobody": letter("<>") if parse_address_list("<>") else Letter(parse_address_list("x")[0]),
    "name with a direction mark": letter("\u200fדוד כהן\u200e <david@cohen.co.il>"),
    "emoji of several": letter("👩\u200d🌾 Farm <shop@farm.org>"),
    "signed mail": letter(
        "Ann <ann@company.com>",
        attachments=(file("smime.p7s", kind="application/pkcs7-signature"),),
    ),
    "calendar file": letter("Ann <ann@company.com>", attachments=(file("invite.ics"),)),
    "archive": letter("Ann <ann@company.com>", attachments=(file("photos.zip"),)),
    "logo in the midst": letter("Ann <a@company.com>", attachments=(file("logo.svg", "inline"),)),
    "text that names itself": letter(
        "Ann <a@company.com>", html=link("https://company.com/a", "https://www.company.com/b")
    ),
    "text under another ending": letter(
        "Ann <a@company.com>", html=link("company.com", "https://company.de/")
    ),
    "text with a file's name": letter(
        "Ann <a@company.com>", html=link("report.zip", "https://files.host.com/1")
    ),
    "text that is a brand": letter(
        "Booking.com <noreply@booking.com>", html=link("Booking.com", "https://r.bookingmail.net/")
    ),
}


@pytest.mark.parametrize("name", FINE)
@pytest.mark.parametrize("circle", [CIRCLE, NOBODY], ids=["known", "empty"])
def test_honest_mail_raises_no_voice(name, circle):
    verdict = judge(FINE[name], circle)
    assert verdict.level in (Level.NONE, Level.QUIET), verdict


def test_the_weightiest_reason_comes_first_and_names_who_is_meant():
    verdict = judge(letter("PayPal <service@paypa1.com>"), CIRCLE)
    assert verdict.evidence[0].reason == "paypa1.com is made to look like PayPal."
    assert verdict.claimed == "PayPal"


def test_a_first_message_is_a_quiet_line():
    verdict = judge(letter("Eva <eva@berg.se>"), CIRCLE)
    assert (verdict.level, verdict.said[0].reason) == (
        Level.QUIET,
        "First message from this address.",
    )


def test_nobody_is_a_stranger_where_nothing_is_remembered():
    circle = circle_of((), ["mara@hearth.example"], has_memory=False)
    assert judge(letter("Eva <eva@berg.se>"), circle).level is Level.NONE


def test_who_wrote_before_is_no_stranger():
    assert judge(letter("Eva <eva@berg.se>", earlier=1), CIRCLE).level is Level.NONE


def test_what_was_accepted_is_not_said_again_but_anything_else_is():
    attack = letter("Jonas Okafor <jonas.okafor@elsewhere.org>")
    fine = frozenset({Kind.CONTACT})
    assert judge(attack, CIRCLE, fine).level is Level.QUIET
    worse = letter("Jonas Okafor <jonas.okafor@elsewhere.org>", attachments=(file("a.pdf.exe"),))
    assert judge(worse, CIRCLE, fine).level is Level.DANGER


def test_an_answer_in_a_conversation_of_ours_may_come_from_another_address():
    answer = letter("Jonas Okafor <jonas.okafor@work.org>", is_answer=True)
    assert judge(answer, CIRCLE).level is Level.QUIET


def test_a_friend_at_free_mail_is_all_but_a_warning():
    verdict = judge(letter("Jonas Okafor <jonas.okafor@gmail.com>"), CIRCLE)
    assert (verdict.level, verdict.evidence[0].weight) == (Level.QUIET, 40)


def test_two_messages_do_not_make_an_impostor_trusted():
    people = (*PEOPLE, Acquaintance("Bau", "x@llndgrenbau.de", heard=2))
    assert judge(letter("Bau <x@llndgrenbau.de>"), circle_of(people)).level is Level.DANGER


def test_a_known_sender_whom_the_server_disowns_is_not_spared():
    forged = letter(
        "Jonas Okafor <jonas@hearth.example>",
        authentication=failed("hearth.example", policy="none"),
        attachments=(file("bill.exe"),),
    )
    assert judge(forged, CIRCLE).level is Level.DANGER
