"""A newsletter as designers make them: tables, pictures from far away, one that is attached."""

import base64
from collections.abc import Iterator
from datetime import datetime

from start import seed_files
from start.seed_letter import DAY, ME, Letter
from webmail.message.address import Address
from webmail.message.build import DraftAttachment

WORKBENCH = Address("Workbench Weekly", "hello@workbench.example")


def newsletters(now: datetime) -> Iterator[Letter]:
    titles = (
        "The bench: sharpening without fuss",
        "A saw bench from one plank",
        "Glue, and how little of it you need",
        "Six joints that forgive",
        "Oil, soap or wax?",
        "The winter list of small repairs",
    )
    for week in range(30):
        yield Letter(
            from_=WORKBENCH,
            to=ME,
            when=(now - DAY - 7 * week * DAY).replace(hour=8, minute=0, second=0),
            subject=titles[week % len(titles)],
            text="Hello Mara,\n\nA sharp iron takes four minutes. This month we show the whole "
            "routine with two stones and a piece of leather.\n\nhttps://workbench.example/issues\n",
            html=_newsletter_html(titles[week % len(titles)], week),
            attachments=(DraftAttachment("logo.png", "image/png", _logo(), "logo@workbench"),),
            fields={
                "List-Unsubscribe": "<https://workbench.example/leave?k=81>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            mailbox="Newsletters" if week else "INBOX",
            unread=0 < week < 19,
        )


def _logo() -> bytes:
    return seed_files.png(96, 48, (70, 60, 50), (150, 110, 70), (240, 220, 160))


# A picture inside the html itself.
_RULE = (
    "data:image/png;base64,"
    + base64.b64encode(
        seed_files.png(69, 2, (122, 74, 30), (200, 170, 130), (122, 74, 30))
    ).decode()
)


def _newsletter_html(title: str, issue: int) -> str:
    picture = f"https://img.workbench.example/{issue}/plane.jpg"
    return (
        "<html><head><style>.wrap{max-width:600px;margin:0 auto}h1{font:600 26px Georgia,serif}"
        "@media(max-width:500px){h1{font-size:22px}}</style></head><body "
        'style="background:#f4efe6;margin:0"><table class="wrap" align="center" width="600" '
        'cellpadding="24" style="background:#ffffff;color:#33291f"><tr><td>'
        '<img src="cid:logo@workbench" width="96" height="48" alt="Workbench Weekly">'
        f'<h1>{title}</h1><img src="{picture}" width="552" height="300" '
        'alt="A plane blade on a whetstone"><p>Hello Mara,</p><p>A sharp iron takes four minutes. '
        "This month we show the whole routine with two stones and a piece of leather, and why the "
        "third stone in your drawer is probably not needed.</p>"
        '<p><a style="background:#7a4a1e;color:#ffffff;padding:10px 18px;text-decoration:none" '
        f'href="https://workbench.example/issues/{issue}">Read the routine</a> or '
        f'<a href="https://workbench.example/film/{issue}">watch the film (6 min)</a>.</p>'
        f'<p><img src="{_RULE}" width="552" height="4" alt=""></p>'
        '<p>Next week: a saw bench from one plank.</p><p style="font-size:12px;color:#8a7a66">'
        'You get this because you asked for it. <a href="https://workbench.example/leave?k=81">'
        'Unsubscribe</a></p></td></tr></table><img src="https://t.workbench.example/o.gif?k=81" '
        'width="1" height="1" alt=""></body></html>'
    )
