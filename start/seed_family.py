"""The letters of the last weeks: what the house and the family write about."""

from collections.abc import Iterator
from datetime import datetime

from start import seed_files
from start.seed_letter import AMARA, DAY, INGRID, JONAS, MARA, ME, Letter, answer, at, day_name
from webmail.message.address import Address
from webmail.message.build import DraftAttachment

ELIN = Address("Elin Strand", "elin.strand@bjorkhaga.example")
OMAR = Address("عمر حداد", "omar@haddad.example")


def family(now: datetime) -> Iterator[Letter]:
    yield from _letters(now)
    yield from _household(now)


def _letters(now: datetime) -> Iterator[Letter]:
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
        subject=f"Service report for your boiler, {day_name(at(now, 10, 16))}",
        text="Thank you for having us. The yearly service of your boiler is done and everything is "
        "in order. Our report is attached.\n\nPressure 1.5 bar, flue clean, burner cleaned.\n\n"
        "-- \nNordvärme Service\n+46 8 555 01 20\n",
        attachments=(
            DraftAttachment(
                f"Serviceprotokoll värmepanna {now.year}.pdf",
                "application/pdf",
                seed_files.pdf(
                    "Serviceprotokoll", "Värmepanna NV-12", "Tryck 1,5 bar", "Utan anmärkning"
                ),
            ),
        ),
        flagged=True,
    )
    month = at(now, 12, 6) - 20 * DAY
    yield Letter(
        from_=Address("Fjord Energy", "kund@fjordenergy.example"),
        to=ME,
        when=at(now, 12, 6, 0),
        subject=f"Your invoice for {month:%B}",
        text=f"You used 412 kWh, 9 % less than in {month:%B} last year. Amount due within 30 days: "
        "641.20 SEK.\n\nThe hours are in the attached table.\n",
        attachments=(
            DraftAttachment(
                f"Invoice {month:%Y-%m}.pdf",
                "application/pdf",
                seed_files.pdf("Invoice", "412 kWh", "641.20 SEK"),
            ),
            DraftAttachment("hours.csv", "text/csv", _hours(month)),
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


def _hours(month: datetime) -> bytes:
    rows = (
        f"{month:%Y-%m}-{day:02};{hour:02}:00;{(day * hour) % 17 / 20:.2f}"
        for day in range(1, 29)
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
    thanks = answer(
        first, MARA.sender, (AMARA,), at(now, 10, 7, 30), "😂 Number 14 goes on the wall.\n\nMara\n"
    )
    yield thanks
    yield answer(thanks, AMARA, ME, at(now, 10, 8, 15), "Leo says only if the dog agrees.\n")


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
    question = answer(
        packing, JONAS.sender, (ELIN,), at(now, 14, 20, 0), "When does the bus leave?\n\nJonas\n"
    )
    yield question
    yield answer(
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
        subject="旅行: Yui comes to visit",
        text=f"Yui lands on {day_name(now + 18 * DAY)}. "
        "Can she have the small room for a week?\n\nMara\n",
        mailbox="旅行",
    )
    yield tickets
    yield answer(
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
