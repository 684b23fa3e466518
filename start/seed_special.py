"""Letters of an unusual make: invitations, lists, newsletters, a bounce, a fraud."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

from start import seed_files
from start.seed_letter import DAY, INGRID, JONAS, MARA, ME, Letter
from start.seed_newsletter import newsletters
from webmail.message.address import Address
from webmail.message.build import DraftAttachment


def specials(now: datetime) -> Iterator[Letter]:
    yield _invitation(now)
    yield _dinner(now)
    yield _fraud(now)
    yield _bounce(now)
    yield from _list(now)
    yield from newsletters(now)
    yield from _junk(now)
    yield from _trash(now)
    yield _passed_on(now)


def _calendar(
    uid: str, title: str, place: str, host: Address, start: datetime, made: datetime
) -> str:
    end = start + timedelta(hours=1)
    return (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Demo//Calendar//EN\nMETHOD:REQUEST\n"
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:{_stamp(made)}\nDTSTART:{_stamp(start)}\n"
        f"DTEND:{_stamp(end)}\nSUMMARY:{title}\nLOCATION:{place}\n"
        f"ORGANIZER;CN={host.name}:mailto:{host.addr_spec}\n"
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN={MARA.name}:\n mailto:{MARA.address}\n"
        "SEQUENCE:0\nSTATUS:CONFIRMED\nEND:VEVENT\nEND:VCALENDAR\n"
    )


def _stamp(moment: datetime) -> str:
    return f"{moment - (moment.utcoffset() or timedelta()):%Y%m%dT%H%M%SZ}"


def _invitation(now: datetime) -> Letter:
    """A Thursday at least four days ahead."""
    day = now + DAY * (4 + (3 - now.weekday() - 4) % 7)
    start = day.replace(hour=18, minute=30, second=0, microsecond=0)
    school = Address("Björkhaga School", "office@bjorkhaga.example")
    when = now - timedelta(minutes=62)
    return Letter(
        from_=school,
        to=ME,
        when=when,
        subject="Invitation: Parents’ evening, class 3B",
        text="Dear parents and guardians of class 3B,\n\nWe would like to invite you to our autumn "
        "parents’ evening. Ms Holm will talk about the reading project, and there will be time for "
        "your questions about the spring trip.\n\nCoffee is served from 18:15. Children are "
        "welcome in the library meanwhile.\n\nKind regards,\nElin Strand, school office\n",
        invitation=_calendar(
            "3b-evening@bjorkhaga.example",
            "Parents’ evening\\, class 3B",
            "Björkhaga School\\, room 14",
            school,
            start,
            when,
        ),
        unread=True,
    )


def _dinner(now: datetime) -> Letter:
    when = (now - 9 * DAY).replace(hour=13, minute=25)
    start = (now + 5 * DAY).replace(hour=19, minute=0, second=0, microsecond=0)
    return Letter(
        from_=INGRID.sender,
        to=ME,
        when=when,
        subject="Invitation: Soup and planning",
        text="Ingrid Lindgren invites you.\n\nSoup and planning\nAt Ingrid's\n",
        invitation=_calendar(
            "soup@hearth.example", "Soup and planning", "At Ingrid's", INGRID.sender, start, when
        ),
    )


def _fraud(now: datetime) -> Letter:
    """Words and links as they come in such mail; every host in it ends in .example."""
    text = (
        "Dear customer, we noticed an unusual sign-in to your account. To keep it open you must "
        "confirm your details within 24 hours:\n\nhttps://handelsbank.example.login-check.example/id\n"
    )
    html = (
        '<div style="font-family:Arial"><h2 style="color:#a00">Handelsbank</h2>'
        "<p>Dear customer, we noticed an unusual sign-in to your account. To keep it open you must "
        'confirm your details <b>within 24 hours</b>.</p><p><a style="background:#a00;color:#fff;'
        'padding:12px 20px" href="https://handelsbank.example.login-check.example/id?u=mara">'
        'https://www.handelsbank.example</a></p><img src="https://login-check.example/open.gif?u=mara"'
        ' width="1" height="1"><form action="https://login-check.example/post"><input name="pin">'
        "</form></div>"
    )
    return Letter(
        from_=Address("Handelsbank Security", "no-reply@login-check.example"),
        to=ME,
        when=now - timedelta(minutes=228),
        subject="Last reminder: your account will be closed",
        text=text,
        html=html,
        fields={
            "Authentication-Results": "mx.hearth.example; spf=fail; dkim=none; dmarc=fail "
            "header.from=login-check.example"
        },
        unread=True,
    )


def _bounce(now: datetime) -> Letter:
    """A delivery status notification (RFC 3464) for an address that was never right."""
    when = (now - 6 * DAY).replace(hour=10, minute=12, second=3)
    raw = _BOUNCE.format(date=format_datetime(when)).replace("\n", "\r\n").encode()
    return Letter(
        from_=Address("Mail Delivery System", "mailer-daemon@hearth.example"),
        to=ME,
        when=when,
        subject="Undelivered Mail Returned to Sender",
        text="",
        raw=raw,
    )


_BOUNCE = """From: Mail Delivery System <mailer-daemon@hearth.example>
To: mara@hearth.example
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <bounce.73b1@hearth.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.hearth.example.

Your message could not be delivered to one recipient.

<sven@oaklyne.example>: Host or domain name not found. Did you mean
oakline.example?

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.hearth.example

Final-Recipient: rfc822; sven@oaklyne.example
Action: failed
Status: 5.1.2
Diagnostic-Code: x-hearth; Host or domain name not found

--=_report
Content-Type: text/rfc822-headers

From: Mara Lindgren <mara@hearth.example>
To: sven@oaklyne.example
Subject: Handles for the cupboard
Message-ID: <handles.1@hearth.example>

--=_report--
"""


def _list(now: datetime) -> Iterator[Letter]:
    """A mailing list, with what such programs add (RFC 2919, RFC 2369)."""
    fields = {
        "List-Id": "Lichens of the north <lichens.lists.example>",
        "List-Post": "<mailto:lichens@lists.example>",
        "List-Unsubscribe": "<mailto:lichens-leave@lists.example>",
        "Precedence": "list",
    }
    to = (Address("", "lichens@lists.example"), MARA.sender)
    foot = f"\n{'_' * 47}\nlichens mailing list -- lichens@lists.example\n"
    first = Letter(
        from_=Address("Håkan Ek", "hakan.ek@botanik.example"),
        to=to,
        when=(now - 17 * DAY).replace(hour=8, minute=20),
        subject="[lichens] Yellow crust on spruce, photo",
        text="Found at 300 m, north side. C−, K+ red. Is it what I think it is?\n" + foot,
        fields=fields,
        attachments=(
            DraftAttachment(
                "crust.jpg",
                "image/jpeg",
                seed_files.jpeg(60, 45, (220, 200, 60), (120, 110, 60), 5),
            ),
        ),
    )
    yield first
    yield Letter(
        from_=Address("Marit Solberg", "marit@solberg.example"),
        to=to,
        when=(now - 17 * DAY).replace(hour=11, minute=2),
        subject="Re: [lichens] Yellow crust on spruce, photo",
        text="> Is it what I think it is?\n\nIt is, and you are lucky.\n\nMarit\n" + foot,
        fields=fields,
        answers=first,
    )


def _junk(now: datetime) -> Iterator[Letter]:
    offers = (
        "Re: Your invoice",
        "You have won a cordless drill",
        "Cheap r00f tiles",
        "Meet lichens near you",
    )
    for number in range(12):
        yield Letter(
            from_=Address("Best Offers", f"offers{number}@bulk.example"),
            to=ME,
            when=(now - number * 2 * DAY - timedelta(minutes=400)).replace(minute=7 * number % 60),
            subject=offers[number % len(offers)],
            text="Only today! https://bulk.example/win\n",
            html='<p><font size="7" color="red">Only today!</font></p><a href="https://bulk.example/win">'
            '<img src="https://bulk.example/banner.gif" alt="Click"></a>',
            mailbox="Junk",
            unread=True,
        )


def _trash(now: datetime) -> Iterator[Letter]:
    for number, subject in enumerate(("Sale at the shoe shop", "Your free trial ends", "Survey")):
        yield Letter(
            from_=Address("Shop News", f"news{number}@shop.example"),
            to=ME,
            when=(now - (4 + 3 * number) * DAY).replace(hour=6, minute=45),
            subject=subject,
            text="You can leave this list at any time.\n",
            mailbox="Trash",
        )


def _passed_on(now: datetime) -> Letter:
    """A message inside a message."""
    inner = (
        "From: Brf Linden <styrelsen@linden.example>\r\nTo: jonas@hearth.example\r\n"
        "Subject: =?utf-8?q?Vattnet_st=C3=A4ngs_av_p=C3=A5_torsdag?=\r\n"
        "Date: Mon, 16 Nov 2026 08:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "Vattnet stängs av mellan 9 och 12.\r\n"
    )
    return Letter(
        from_=JONAS.sender,
        to=ME,
        when=(now - 6 * DAY).replace(hour=9, minute=31),
        subject="Fwd: Vattnet stängs av på torsdag",
        text="For the fridge door.\n\nJ\n",
        attachments=(DraftAttachment("Vattnet stängs av.eml", "message/rfc822", inner.encode()),),
    )
