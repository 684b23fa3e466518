"""The letters of the demo that somebody looks at: the newest, and one of each kind."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from start import seed_files
from start.seed_letter import INGRID, JONAS, MARA, Letter, quoted
from start.seed_special import specials
from webmail.message.address import Address
from webmail.message.build import DraftAttachment

AMARA = Address("Amara Okafor", "amara@okafor.example")
SCHOOL = Address("Björkhaga School", "office@bjorkhaga.example")
ELIN = Address("Elin Strand", "elin.strand@bjorkhaga.example")
WIIK = Address("Dr Anna Wiik", "anna.wiik@tandhuset.example")
YUI = Address("山本 結衣", "yui@yamamoto.example")
OMAR = Address("عمر حداد", "omar@haddad.example")
ME = (MARA.sender,)
DAY = timedelta(days=1)


def at(now: datetime, days_ago: int, hour: int, minute: int = 0) -> datetime:
    """A time of day some days ago, never after ``now``."""
    moment = (now - days_ago * DAY).replace(hour=hour, minute=minute, second=11, microsecond=0)
    return min(moment, now - timedelta(minutes=5))


def stories(now: datetime) -> Iterator[Letter]:
    yield from _cabin(now)
    yield from _today(now)
    yield from _earlier(now)
    yield from _household(now)
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
        last = _answer(last, sender, to, at(now, days, hour, 41), text)
        yield last
    mine = _answer(
        last,
        MARA.sender,
        (INGRID.sender, JONAS.sender, AMARA),
        now - timedelta(minutes=105),
        "Great. I can do breakfast both days and bring the big pan for pancakes.\n\nMara\n",
    )
    yield mine
    yield _answer(
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


def _answer(
    before: Letter, sender: Address, to: tuple[Address, ...], when: datetime, text: str, **more: Any
) -> Letter:
    subject = before.subject if before.subject.startswith("Re: ") else f"Re: {before.subject}"
    return Letter(
        from_=sender, to=to, when=when, subject=subject, text=text, answers=before, **more
    )


def _today(now: datetime) -> Iterator[Letter]:
    minutes = timedelta(minutes=1)
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
        text="こんにちは、マーラさん。\n\n飛行機の切符を買いました。12月10日の朝に着きます。空港から電車で"
        "そちらへ向かいますので、お迎えは大丈夫です。\n\n子どもたちへのおみやげは何がいいですか。\n\n結衣\n",
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
    yield _answer(
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
        text="Dear Mara,\n\nit is time for the yearly check-up. We have free times on the 3rd and "
        "the 4th of December. Which suits you?\n\nBest regards\nAnna Wiik\n",
    )
    yield first
    again = _answer(
        first, WIIK, ME, at(now, 2, 9, 40), "Only a reminder: the 3rd is filling up.\n\nAnna Wiik\n"
    )
    yield again
    yield _answer(
        again,
        MARA.sender,
        (WIIK,),
        at(now, 1, 17, 44),
        "Dear Anna,\n\nthe 3rd suits us well. Could we have both appointments after\n",
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


def _earlier(now: datetime) -> Iterator[Letter]:
    yield Letter(
        from_=Address("City Library", "loans@library.example"),
        to=ME,
        when=at(now, 1, 12, 2),
        subject="Two loans are due on Wednesday",
        text="The Summer Book, Tove Jansson; A Field Guide to Lichens. You can renew both until "
        "Tuesday night: https://library.example/renew\n\nCity Library\n",
    )
    yield Letter(
        from_=Address("Nordvärme Service", "service@nordvarme.example"),
        to=ME,
        when=at(now, 10, 16, 20),
        subject="Service report for your boiler, 12 November",
        text="Thank you for having us. The yearly service of your boiler is done and everything is "
        "in order. Our report is attached.\n\nPressure 1.5 bar, flue clean, burner cleaned.\n\n"
        "-- \nNordvärme Service\n+46 8 555 01 20\n",
        attachments=(
            DraftAttachment(
                "Serviceprotokoll värmepanna 2026.pdf",
                "application/pdf",
                seed_files.pdf(
                    "Serviceprotokoll", "Värmepanna NV-12", "Tryck 1,5 bar", "Utan anmärkning"
                ),
            ),
        ),
        flagged=True,
    )
    yield Letter(
        from_=Address("Fjord Energy", "kund@fjordenergy.example"),
        to=ME,
        when=at(now, 12, 6, 0),
        subject="Your invoice for October",
        text="You used 412 kWh, 9 % less than in October last year. Amount due 30 November: "
        "641.20 SEK.\n\nThe hours are in the attached table.\n",
        attachments=(
            DraftAttachment(
                "Invoice 2026-10.pdf",
                "application/pdf",
                seed_files.pdf("Invoice", "412 kWh", "641.20 SEK"),
            ),
            DraftAttachment("hours.csv", "text/csv", _hours()),
        ),
    )
    yield Letter(
        from_=Address("Peter at Oakline Joinery", "peter@oakline.example"),
        to=ME,
        when=at(now, 13, 11, 2),
        subject="Quote for the hallway cupboard",
        text="Hello Mara,\n\nas promised, here is the quote with and without the sliding doors. "
        "The oiled oak is four weeks, painted pine is two.\n\nPeter\n",
        attachments=(DraftAttachment("quote and drawings.zip", "application/zip", _drawings()),),
    )
    yield from _birthday(now)


def _hours() -> bytes:
    rows = (
        f"2026-10-{day:02};{hour:02}:00;{(day * hour) % 17 / 20:.2f}"
        for day in range(1, 32)
        for hour in range(24)
    )
    return "\r\n".join(("Datum;Timme;Förbrukning (kWh)", *rows, "")).encode()


def _drawings() -> bytes:
    front = seed_files.png(320, 400, (214, 186, 150), (160, 120, 84), (240, 232, 220))
    return seed_files.archive(
        front__png=front, quote__txt=b"Oiled oak 18 400\r\nPainted pine 11 900\r\n"
    )


def _birthday(now: datetime) -> Iterator[Letter]:
    photos = tuple(
        DraftAttachment(
            f"IMG_{2210 + place}.jpg",
            "image/jpeg",
            seed_files.jpeg(100, 75, top, (250, 220, 190), 2 + place),
        )
        for place, top in enumerate(((240, 150, 120), (120, 170, 230), (200, 160, 220)))
    )
    first = Letter(
        from_=AMARA,
        to=(MARA.sender, JONAS.sender),
        when=at(now, 11, 21, 14),
        subject="Photos from Leo’s birthday 🎂🐶",
        text="Finally sorted them! The one with the cake on the dog is number 14. Take whichever "
        "you like, the rest is on the stick.\n\nAmara\n",
        attachments=photos,
    )
    yield first
    thanks = _answer(
        first, MARA.sender, (AMARA,), at(now, 10, 7, 30), "😂 Number 14 goes on the wall.\n\nMara\n"
    )
    yield thanks
    yield _answer(thanks, AMARA, ME, at(now, 10, 8, 15), "Leo says only if the dog agrees.\n")


def _household(now: datetime) -> Iterator[Letter]:
    """What Jonas and Ingrid find in their own inboxes."""
    packing = Letter(
        from_=ELIN,
        to=(MARA.sender, JONAS.sender),
        when=at(now, 14, 9, 5),
        subject="Class trip, packing list and bus times",
        text="Dear parents,\n\nthe trip to the open-air museum is on. Packing list below.\n\n"
        "- rain clothes\n- packed lunch, no nuts\n- something warm to sit on\n\nElin Strand\n",
        mailbox="Family/School",
    )
    yield packing
    question = _answer(
        packing, JONAS.sender, (ELIN,), at(now, 14, 20, 0), "When does the bus leave?\n\nJonas\n"
    )
    yield question
    yield _answer(
        question,
        ELIN,
        (MARA.sender, JONAS.sender),
        at(now, 13, 15, 37),
        "The bus leaves at 8.15 sharp from the north gate. Please label everything, including "
        "the lunch box.\n\nElin Strand\n",
    )
    tickets = Letter(
        from_=MARA.sender,
        to=(INGRID.sender, JONAS.sender),
        when=at(now, 20, 20, 45),
        subject="旅行: Yui visits in December",
        text="Yui lands on the 10th. Can she have the small room until the 17th?\n\nMara\n",
        mailbox="旅行",
    )
    yield tickets
    yield _answer(
        tickets,
        INGRID.sender,
        (MARA.sender, JONAS.sender),
        at(now, 19, 8, 10),
        "Of course! I make the bed.\n\nMamma\n",
        mailbox="旅行",
    )
    yield Letter(
        from_=OMAR,
        to=(MARA.sender, INGRID.sender),
        when=at(now, 5, 17, 30),
        subject="وصفة العدس التي وعدتكم بها",
        text="مرحباً مارا،\n\nهذه وصفة شوربة العدس: كوبان من العدس الأحمر، بصلة، جزرة، كمون وليمون. "
        "تُطبخ نصف ساعة ثم تُخلط.\n\nسلامي إلى الأولاد (Elsa و Leo)!\n\nعمر\n",
    )
    yield Letter(
        from_=Address("Noor", "noor@okafor.example"),
        to=(MARA.sender, JONAS.sender, INGRID.sender),
        when=at(now, 7, 15, 55),
        subject="🌱🌱🌱 es wächst!!! 👩‍👩‍👧‍👦",
        text="Beans are 4 cm 🌱, one has a hat 🎩. Photo when it is not dark 🌚\n\nNoor 🦄\n",
    )
