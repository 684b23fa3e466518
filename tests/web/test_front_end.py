"""What the front end promises: small, strict, the same from end to start as from start to end."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "static" / "built"
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
# The frame of a mail and its page to print have a policy of their own, which allows the
# mail's styles.
FRAMES = {
    ROOT / "templates/message" / name for name in ("body.html", "print.html", "decrypted_body.html")
}
TEMPLATES = sorted(set((ROOT / "templates").rglob("*.html")) - FRAMES)
KIB = 1024


def packed_size(path: Path) -> int:
    return len(gzip.compress(path.read_bytes()))


def first_load(name: str) -> list[Path]:
    """The built file of this name and the chunks that it loads at once."""
    entry = BUILT / json.loads((BUILT / "manifest.json").read_text())[name]
    at_once = re.findall(r'from\s*"\./([\w-]+\.js)"', entry.read_text())
    return [entry, *(BUILT / chunk for chunk in at_once)]


@pytest.mark.parametrize(("name", "limit_kib"), [("app.css", 16), ("app.js", 40)])
def test_the_first_load_keeps_its_budget(name, limit_kib):
    assert sum(packed_size(path) for path in first_load(name)) <= limit_kib * KIB


@pytest.mark.parametrize("name", ["app.css", "app.js", "icon.svg"])
@pytest.mark.parametrize(("accepted", "coding"), [("gzip, br", "br"), ("gzip", "gzip"), ("", "")])
def test_a_built_file_goes_out_packed_and_for_ever(name, accepted, coding):
    file = BUILT / json.loads((BUILT / "manifest.json").read_text())[name]
    answer = Client().get(f"/static/{file.name}", headers={"Accept-Encoding": accepted})
    content = b"".join(answer.streaming_content)
    assert answer.headers.get("Content-Encoding", "") == coding
    assert len(content) < file.stat().st_size or not coding
    assert coding != "gzip" or gzip.decompress(content) == file.read_bytes()
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"


def test_every_script_chunk_is_packed_too():
    chunks = list(BUILT.glob("*.js"))
    assert [path.name for path in chunks if not path.with_name(f"{path.name}.br").exists()] == []


def test_the_icons_in_use_stay_under_five_kilobytes():
    assert packed_size(BUILT / "sprite.svg") <= 5 * KIB


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = (BUILT / "sprite.svg").read_text()
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r'{%\s*icon "([a-z0-9-]+)"', template.read_text())
    }
    assert [name for name in sorted(named) if f'id="i-{name}"' not in sprite] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_builds_no_html_from_strings(script):
    text = script.read_text()
    assert len(text.splitlines()) <= 150
    sinks = r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(sinks, text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_style_script_or_handler(template):
    text = template.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_style_follows_the_direction_of_writing(style):
    sides = r"(?:margin|padding|border)-(?:left|right)|(?:left|right)\s*:"
    physical = rf"(?:^|[\s;{{])(?:{sides})|text-align:\s*(?:left|right)"
    assert not re.search(physical, style.read_text())


# Docks wait empty on every page; a window brings the styles along.
WRITING = '{% include "shell/_writing_css.html" %}'
WAITING = {"docks"}


def classes_of(sheet: str) -> set[str]:
    """Classes in the selectors of a sheet and of those that it imports."""
    text = (ROOT / "static" / "css" / sheet).read_text()
    imported = set().union(*(classes_of(name) for name in re.findall(r'@import "./(.+?)"', text)))
    selectors = " ".join(re.findall(r"([^{}]+){", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    return imported | set(re.findall(r"\.([a-zA-Z_][\w-]*)", selectors))


def with_its_parts(name: str, within: frozenset[str] = frozenset()) -> str:
    """A template and what it names: the page that it extends, and its parts."""
    text = (ROOT / "templates" / name).read_text()
    named = set(re.findall(r'{% (?:extends|include|piece) "([^"]+)"', text)) - within
    parts = sorted(part for part in named if not part.endswith("_css.html"))
    return text + "".join(with_its_parts(part, within | {name, part}) for part in parts)


def classes_in(text: str) -> set[str]:
    values = re.findall(r'class="([^"]*)"|panes_class %}([^{]*)', text)
    return set(re.sub(r"{[{%].*?[%}]}", " ", " ".join(map(" ".join, values))).split())


def pages() -> dict[str, str]:
    """Pages, and the cards that a message chooses by their names."""
    names = [path.relative_to(ROOT / "templates").as_posix() for path in TEMPLATES]
    whole = {name: with_its_parts(name) for name in names}
    return {name: text for name, text in whole.items() if "{% extends" in text or "/cards/" in name}


def test_just_the_pages_that_need_the_styles_of_writing_load_them():
    only = classes_of("writing.css") - classes_of("app.css") - WAITING
    need = {name for name, text in pages().items() if classes_in(text) & only}
    assert need == {name for name, text in pages().items() if WRITING in text}


def test_the_lock_file_names_no_host():
    assert "http" not in (ROOT / "package-lock.json").read_text()
