"""Files over a line that breaks: they wait, go on by themselves, and nothing is sent twice."""

import os
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_text_pictures import draft_in, page, saved  # noqa: F401

pytestmark = pytest.mark.xdist_group("browser")
MB = 1024 * 1024
CONTENT = os.urandom(5 * MB)


def pick(page, name="film é.bin", content=CONTENT):  # noqa: F811
    page.set_input_files(
        "[data-file-input]",
        {"name": name, "mimeType": "application/octet-stream", "buffer": content},
    )


def break_after(page, pieces):  # noqa: F811
    """Lets so many pieces through, then none; answers with what each piece began at."""
    begun = []

    def pass_or_break(route):
        request = route.request
        if request.method == "PATCH":
            begun.append(int(request.headers["upload-offset"]))
        if request.method in ("PATCH", "HEAD") and len(begun) > pieces:
            return route.abort("connectionreset")
        return route.continue_()

    page.route("**/resumable/**", pass_or_break)
    return begun


@pytest.fixture
def quiet(page):  # noqa: F811
    """A broken line is told of on the console."""
    yield page
    page.faults[:] = [said for said in page.faults if "ERR_CONNECTION_RESET" not in said]


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
def test_after_a_broken_line_the_rest_follows_by_itself(quiet, lab):
    begun = break_after(quiet, 1)
    pick(quiet)
    expect(quiet.locator(".file.is-paused .meta")).to_have_text(
        re.compile(r"Paused at 2(\.\d)? MB of 5 MB: no connection\. It goes on by itself\.")
    )
    quiet.unroute("**/resumable/**")
    expect(quiet.locator(".file:not(.is-waiting) .name")).to_have_text("film é.bin", timeout=15_000)
    expect(quiet.locator("[data-files-said]")).to_have_text("film é.bin is attached.")
    assert begun == [0, 2 * MB]  # and the one that broke was not begun anew
    saved(quiet)
    (file,) = draft_in(lab).iter_attachments()
    assert file.get_filename() == "film é.bin"
    assert file.get_content() == CONTENT


def test_a_page_opened_anew_says_what_is_missing_and_goes_on_with_it(quiet, lab):
    break_after(quiet, 1)
    pick(quiet)
    expect(quiet.locator(".file.is-paused")).to_be_visible()
    quiet.unroute("**/resumable/**")
    quiet.reload()
    expect(quiet.locator(".file.is-missing .meta")).to_have_text(
        "2 MB of 5 MB arrived. Choose it again and the rest follows.", use_inner_text=True
    )
    begun = break_after(quiet, 9)
    pick(quiet)
    expect(quiet.locator(".file:not(.is-waiting) .name")).to_have_text("film é.bin", timeout=15_000)
    assert begun == [2 * MB, 4 * MB]
    expect(quiet.locator(".file")).to_have_count(1)


def test_a_cancelled_file_leaves_nothing_behind(quiet):
    break_after(quiet, 1)
    pick(quiet)
    expect(quiet.locator(".file.is-paused")).to_be_visible()
    quiet.unroute("**/resumable/**")
    quiet.get_by_role("button", name="Cancel upload of film é.bin").click()
    expect(quiet.locator(".file")).to_have_count(0)
    quiet.wait_for_timeout(500)
    quiet.reload()
    expect(quiet.locator(".file")).to_have_count(0)


def test_send_waits_for_the_files_that_are_on_their_way(quiet, lab):
    quiet.fill("#to", "ben@hearth.test")
    quiet.fill("#subject", "A film")
    break_after(quiet, 1)
    pick(quiet)
    expect(quiet.locator(".file.is-paused")).to_be_visible()
    quiet.locator("[data-editor]").press("Control+Enter")
    expect(quiet.locator("[data-saved]")).to_have_text("Waiting for the files, then sending")
    quiet.unroute("**/resumable/**")
    quiet.wait_for_url(re.compile(r"/mail/"), timeout=20_000)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(quiet, tmp_path):
    begun = break_after(quiet, 9)
    quiet.evaluate("document.querySelector('form[data-compose]').dataset.limit = 1e12")
    film = tmp_path / "film.bin"
    with film.open("wb") as file:
        file.truncate(26 * MB)
    quiet.set_input_files("[data-file-input]", film)
    expect(quiet.locator(".file.is-failed .meta")).to_contain_text(
        "The limit of a message is 25 MB."
    )
    assert begun == []
    quiet.faults[:] = [said for said in quiet.faults if "413" not in said]
