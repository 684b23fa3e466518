"""A message cannot hurt its reader: hostile mail in a real Chromium (T01-T19).

The walls are tried one by one: every vector cleaned, as a reader gets it; and every vector
not cleaned at all, so that only the frame and its headers stand between it and the reader.
"""

import json
from pathlib import Path

import pytest

from tests.browser.stage import ListeningChromium, Signs, Stage, Watched
from tests.lab.place import find_program
from webmail.message.sanitize import sanitize_for_reading

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
TESTS = Path(__file__).resolve().parents[1]
SHARED = TESTS.parents[1] / "shared/corpus"
OWN = json.loads((TESTS / "corpus/hostile.json").read_text("utf-8"))
SPELLINGS = json.loads((TESTS / "corpus/hostile_spellings.json").read_text("utf-8"))
LIVE = [each for each in OWN if each["live"]]
FRAMES_A_PAGE = 60


def shared_vectors() -> list[str]:
    """Those of the shared corpus that Chromium does something with."""
    rows = [
        row
        for folder in ("xss", "remote")
        for path in sorted(SHARED.glob(f"{folder}/*.json"))
        for row in json.loads(path.read_text("utf-8"))
    ]
    return [row["html"] for row in rows if row["live_in_chromium"]]


VECTORS = [*(each["html"] for each in (*OWN, *SPELLINGS)), *shared_vectors()]


def stoppable(listening: ListeningChromium) -> list[str]:
    """What headers can hold off: Chromium 150 opens a connection for a frame's address before
    it asks the policy (156 does not), so there only the sanitizer stands before it."""
    is_old = int(listening.browser.version.partition(".")[0]) < 156
    return [html for html in VECTORS if not (is_old and "frame" in html.lower())]


def cleaned(html: str) -> str:
    return sanitize_for_reading(html, cid_url=lambda _: None)[0]


@pytest.fixture(scope="module")
def stage():
    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture
def listening(chromium, tmp_path):
    program = str(find_program("chromium"))
    listening = ListeningChromium(chromium.browser_type, program, tmp_path)
    yield listening
    listening.browser.close()


def shown(stage, listening, name, documents, *, is_app, follows_links=True) -> Signs:
    """What happens when all of them are opened and poked, each in a frame of its own."""
    context = listening.browser.new_context()
    watched = Watched(context, stage.url, follows_links=follows_links)
    for start in range(0, len(documents), FRAMES_A_PAGE):
        some = documents[start : start + FRAMES_A_PAGE]
        urls = [
            stage.add_body(f"/{name}/{number}", html) for number, html in enumerate(some, start)
        ]
        watched.show(stage.add_page(f"/{name}/around/{start}", urls, is_app=is_app), urls)
    context.close()
    return watched.signs


def test_without_walls_every_vector_of_ours_does_what_it_says(stage, listening):
    """Or else the rest would prove nothing."""
    silent = []
    context = listening.browser.new_context()
    watched = Watched(context, stage.url)
    for number, each in enumerate(LIVE):
        url = stage.add_body(f"/bare/{number}", each["html"], is_walled=False)
        watched.signs = Signs()
        watched.show(stage.add_page(f"/bare/around/{number}", [url], is_app=False), [url])
        ran, asked = watched.signs.scripts or watched.signs.windows, watched.signs.contacts
        silent += [] if (ran if each["kind"] == "script" else asked) else [each["id"]]
    context.close()
    assert silent == []
    assert listening.lookups() > 0


def test_cleaned_vectors_do_nothing_in_the_frame_and_alone(stage, listening):
    documents = list(dict.fromkeys(map(cleaned, VECTORS)))
    for name, is_app in (("framed", True), ("alone", False)):
        assert not shown(stage, listening, name, documents, is_app=is_app).harm
    assert listening.lookups() == 0


def test_frame_and_headers_alone_hold_off_vectors_that_were_never_cleaned(stage, listening):
    """Its headers are all that a document has in a window of its own; the frame adds to them."""
    vectors = stoppable(listening)
    assert not shown(stage, listening, "raw", vectors, is_app=False, follows_links=False).harm
    ours = vectors[: len(OWN) + len(SPELLINGS)]
    assert not shown(stage, listening, "raw-framed", ours, is_app=True, follows_links=False).harm
    assert listening.lookups() == 0
