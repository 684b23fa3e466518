"""The letters of the demo that somebody looks at: the newest, and one of each kind."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from start import seed_files
from start.seed_family import family
from start.seed_letter import (
    AMARA,
    DAY,
    INGRID,
    JONAS,
    MARA,
    ME,
    Letter,
    answer,
    at,
    day_name,
    quoted,
)
from start.seed_special import specials
from webmail.message.address import Address
from webmail.message.build import DraftAttachment

WIIK = Address("Dr Anna Wiik", "anna.wiik@tandhuset.example")
YUI = Address("山本 結衣", "yui@yamamoto.example")


def stories(now: datetime) -> Iterator[Letter]:
    yield from _cabin(now)
    yield from _today(now)
    yield from family(now)
    yield from specials(now)


def _cabin(now: datetime) -> Iterator[Letter]:
    """Seven letters of one conversation, the last of them this morning."""
    everyone = (MARA.sender, INGRID.sender, AMARA)
    subject = "Weekend at the cabin – who brings what?"
    first = Letter(
        from_=JONAS.sender,
        to=everyone,
        when=at(now, 2, 18, 2),
        subject=subject,
        text="I booked the cabin from Friday noon. There are two bedrooms and a sofa bed, so we "
        "fit if the children share.\n\nWho brings what?\n\nJonas\n",
    )
    yield first
    lines = (
        (AMARA, (JONAS.sender, MARA.sender, INGRID.sender), 2, 19, "I take care of Saturday "
         "dinner.\nIs there an oven, or only the stove?\n\nAmara\n"),
        (INGRID.sender, (JONAS.sender, MARA.sender, AMARA), 2, 20, "Only the stove, and it is "
         "slow. A stew is a good idea.\n\nIngrid\n"),
        (MARA.sender, (INGRID.sender, JONAS.sender, AMARA), 1, 8, "Elsa asks if the dog may come "
         "along. I said I would ask.\n\nMara\n"),
        (JONAS.sender, everyone, 1, 12, "The dog may come. The dog is the only one who really "
         "likes the path in the dark.\n\nJonas\n"),
    )  # fmt: skip
    last = first
    for sender, to, days, hour, text in lines:
        last = answer(last, sender, to, at(now, days, hour, 41), text)
        yield last
    mine = answer(
        last,
        MARA.sender,
        (INGRID.sender, JONAS.sender, AMARA),
        now - timedelta(minutes=105),
        "Great. I can do breakfast both days and bring the big pan for pancakes.\n\nMara\n",
    )
    yield mine
    yield answer(
        mine,
        INGRID.sender,
        (MARA.sender, JONAS.sender, AMARA),
        now - timedelta(minutes=18),
        _CABIN_TEXT + quoted(mine),
        html=_CABIN_HTML,
        attachments=(
            DraftAttachment("Cabin – keys and house rules.pdf", "application/pdf", _rules()),
            DraftAttachment("path-by-the-lake.jpg", "image/jpeg", _path()),
        ),
    )


_CABIN_TEXT = """Hello all,

I looked at the forecast and it should be clear but cold, about −6 °C on Saturday night. Please pack proper boots for the children; the path down to the lake is icy by the bridge.

My list so far:

- Firewood is there, kindling is not
- Jonas: board games and the long extension lead
- Mara: breakfast, coffee, the big pan
- I bring soup, bread and the first-aid kit

The key is in the box by the door; the code is in the attached sheet. See you Friday!

Ingrid

"""  # noqa: E501
_CABIN_HTML = (
    "<p>Hello all,</p><p>I looked at the forecast and it should be clear but cold, about "
    "−6&nbsp;°C on Saturday night. Please pack <strong>proper boots</strong> for the children; "
    "the path down to the lake is icy by the bridge.</p><p>My list so far:</p>"
    "<ul><li>Firewood is there, kindling is not</li>"
    "<li>Jonas: board games and the long extension lead</li>"
    "<li>Mara: breakfast, coffee, the big pan</li>"
    "<li>I bring soup, bread and the first-aid kit</li></ul>"
    "<p>The key is in the box by the door; the code is in the attached sheet. See you Friday!</p>"
    "<p>Ingrid</p><blockquote>Great. I can do breakfast both days and bring the big pan for "
    "pancakes.<br><br>Mara</blockquote>"
)


def _rules() -> bytes:
    return seed_files.pdf(
        "Cabin: keys and house rules",
        "The key is in the grey box to the left of the door.",
        "Code: ask Ingrid, it changes every season.",
        "Air the stove for ten minutes before the first fire.",
        "Turn off the water when it may freeze, and leave the tap open.",
    )


def _path() -> bytes:
    return seed_files.jpeg(120, 80, (150, 190, 235), (238, 228, 222), 3)


def _today(now: datetime) -> Iterator[Letter]:
    minutes = timedelta(minutes=1)
    lands = now + 18 * DAY
    yield Letter(
        from_=Address("Pakket", "track@pakket.example"),
        to=ME,
        when=now - 149 * minutes,
        subject="Your parcel arrives today between 13:00 and 15:00",
        text="Follow the van on the map. Not at home? Choose a neighbour or a locker until "
        "noon.\n\nhttps://pakket.example/track/73-1190-20\n\nPakket\n",
        unread=True,
    )
    yield Letter(
        from_=YUI,
        to=ME,
        when=now - 176 * minutes,
        subject="来月のストックホルム旅行について",
        text="こんにちは、マーラさん。\n\n飛行機の切符を買いました。"
        f"{lands.month}月{lands.day}日の朝に着きます。空港から電車でそちらへ向かいますので、お迎えは大丈夫です。\n\n子どもたちへのおみやげは何がいいですか。\n\n結衣\n",
        unread=True,
        flagged=True,
    )
    car = Letter(
        from_=MARA.sender,
        to=(JONAS.sender,),
        when=at(now, 1, 16, 5),
        subject="Car service moved to Tuesday",
        text="Did the garage ring? The letter said Monday.\n\nM\n",
    )
    yield car
    yield answer(
        car,
        JONAS.sender,
        ME,
        at(now, 1, 19, 20),
        "They rang: the part comes on Monday evening, so they want the car at 7.30 on Tuesday. "
        "I take the bus.\n\nJ\n\n" + quoted(car),
    )
    yield from _dentist(now)


def _dentist(now: datetime) -> Iterator[Letter]:
    first = Letter(
        from_=WIIK,
        to=ME,
        when=at(now, 4, 9, 12),
        subject="Dental check-up for Elsa and Leo",
        text="Dear Mara,\n\nit is time for the yearly check-up. We have free times on "
        f"{day_name(now + 11 * DAY)} and the day after. Which suits you?\n\n"
        "Best regards\nAnna Wiik\n",
    )
    yield first
    again = answer(
        first,
        WIIK,
        ME,
        at(now, 2, 9, 40),
        "Only a reminder: the first day is filling up.\n\nAnna Wiik\n",
    )
    yield again
    yield answer(
        again,
        MARA.sender,
        (WIIK,),
        at(now, 1, 17, 44),
        "Dear Anna,\n\nthe first suits us well. Could we have both appointments after\n",
        drafted=True,
    )
    yield Letter(
        from_=MARA.sender,
        to=(),
        when=at(now, 6, 21, 3),
        subject="Christmas: who is where",
        text="24th: Ingrid\n25th: Amara and the boys\n26th: nobody, please\n",
        drafted=True,
    )
