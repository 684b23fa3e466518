"""Marks of Markdown become what they mean as they are typed."""

import pytest

from tests.browser.test_compose_editor import page  # noqa: F401  a fixture

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def typed(page, hearth):  # noqa: F811
    """Types the keys into an empty message; answers with the editor's own HTML."""
    page.goto(f"{hearth.url}/compose/?to=ben@hearth.test")
    editor = page.locator("[data-editor]")
    editor.click()

    def type_keys(*keys):
        for key in keys:
            if key.startswith("<"):
                page.keyboard.press(key.strip("<>"))
            else:
                page.keyboard.type(key)
        return editor.evaluate(
            "each => each.innerHTML.replace(/&nbsp;/g, ' ').replace(/\\u200b/g, '')"
        )

    yield type_keys
    assert page.faults == []


def test_a_list_begins_with_a_dash(typed):
    html = typed("- milk", "<Enter>", "bread")
    assert "<ul><li>milk</li><li>bread" in html
    assert "- milk" not in html


def test_numbers_and_a_quotation_too(typed):
    assert "<ol><li>first" in typed("1. first")
    assert "<blockquote><div>said" in typed("<Enter>", "<Enter>", "> said")


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("so **very good** it is", "so <b>very good</b> it is"),
        ("so *very* good", "so <i>very</i> good"),
        ("run `make demo` now", "run <code>make demo</code> now"),
        ("2 * 3 * 4 is 24", "2 * 3 * 4 is 24"),
        ("a - b", "a - b"),
        ("files**and stars** here", "files**and stars** here"),
    ],
)
def test_words_between_marks(typed, keys, found):
    assert found in typed(keys)


def test_undo_gives_back_what_was_typed(typed):
    assert "<ul>" in typed("- ")
    html = typed("<Control+z>")
    assert "<ul>" not in html
    assert "-" in html
