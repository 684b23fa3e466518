"""Cleaning must not be bought with broken mail: real newsletters, before and after, in Chromium.

Both are drawn with nothing from elsewhere.  Compared is every text that can be seen, with the
colours, letters and place it has, and the pictures and tables around it.
"""

import json

import pytest
from django.template.loader import render_to_string

from tests.message.reading import SHARED_CORPUS
from webmail.message.body import choose_parts, part_text
from webmail.message.parse import parse_message
from webmail.message.safe_html import SafeHtml
from webmail.message.sanitize import sanitize_for_reading

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
WIDTH = 700
LEAST_EQUAL = 0.98
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
# Every text that is seen, in order, with what it looks like.
MEASURE = """async gif => {
  for (const each of document.images) { each.removeAttribute("srcset"); each.src = gif; }
  await Promise.all([...document.images].map(each => each.decode().catch(() => null)));
  // Where no mail program could lead: there is nothing to be underlined.
  for (const each of document.querySelectorAll("a[href]"))
    if (!/^\\s*(https?|mailto|tel):/i.test(each.getAttribute("href"))) each.removeAttribute("href");
  // What a page of its own would take from here; rules of ours outdo it.
  const body = document.body;
  for (const [name, side] of [["leftmargin", "Left"], ["marginwidth", "Left"], ["topmargin", "Top"],
    ["marginheight", "Top"], ["rightmargin", "Right"], ["marginwidth", "Right"]])
    if (body.hasAttribute(name) && !body.style["margin" + side])
      body.style["margin" + side] = body.getAttribute(name) + "px";
  const ours = document.styleSheets[0];
  [...ours.cssRules].forEach((rule, at) => {
    if (rule.selectorText == "a" && body.hasAttribute("link")) ours.deleteRule(at);
  });
  const ground = each => {
    for (; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (!/, 0\\)$/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim()) continue;
    if (["STYLE", "SCRIPT", "TITLE", "NOSCRIPT"].includes(parent.tagName)) continue;
    if (!parent.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect(), style = getComputedStyle(parent);
    if (!box.width || !box.height) continue;
    texts.push({
      text: node.data.replace(/\\s+/g, " ").trim(), color: style.color, ground: ground(parent),
      size: style.fontSize, weight: style.fontWeight, slant: style.fontStyle,
      family: style.fontFamily.split(",")[0].replace(/["']/g, "").trim().toLowerCase(),
      align: style.textAlign.replace("-webkit-", "").replace("start", "left"),
      line: style.textDecorationLine, left: box.left, width: box.width, top: box.top,
    });
  }
  const seen = name => [...document.querySelectorAll(name)].filter(each =>
    each.checkVisibility() && each.getBoundingClientRect().width > 2).length;
  return {texts, tables: seen("table"), cells: seen("td"), pictures: seen("img"),
    height: document.documentElement.scrollHeight};
}"""


def newsletters() -> list[tuple[str, str]]:
    index = (
        json.loads((SHARED_CORPUS / "html/index.json").read_text("utf-8"))
        if SHARED_CORPUS.exists()
        else []
    )
    found = [
        (row["file"], (SHARED_CORPUS / "html" / row["file"]).read_text("utf-8")) for row in index
    ]
    return found + [
        each
        for path in sorted(SHARED_CORPUS.glob("messages/*.eml"))
        if not path.stem.startswith(("spam", "malformed"))
        for each in of_message(path)
    ]


def of_message(path) -> list[tuple[str, str]]:
    raw = path.read_bytes()
    if b"text/html" not in raw.lower() or len(raw) > 400_000:
        return []
    message = parse_message(raw)
    parts = choose_parts(message.structure).html
    sources = [
        part_text(p, message.part_bytes(p.section)) for p in parts if p.media_type == "text/html"
    ]
    return [(path.stem, sources[0])] if sources and len(sources[0]) > 600 else []


def document(html: str) -> str:
    return render_to_string(
        "message/body.html", {"html": SafeHtml(html), "designed": True, "theme": "light"}
    )


def measured(page, html: str):
    page.set_content(document(html), wait_until="domcontentloaded")
    return page.evaluate(MEASURE, GIF)


def differences(sent, shown) -> list[str]:
    """What a reader would notice; places may be off by a little."""
    found = [name for name in ("tables", "cells", "pictures") if shown[name] < sent[name]]
    if [t["text"] for t in sent["texts"]] != [t["text"] for t in shown["texts"]]:
        return [*found, "text"]
    lower = shown["texts"][0]["top"] - sent["texts"][0]["top"] if sent["texts"] else 0
    for each in shown["texts"]:
        each["top"] -= lower
    for one, other in zip(sent["texts"], shown["texts"], strict=True):
        found += [
            f"{name} of {one['text'][:30]!r}: {one[name]} -> {other[name]}"
            for name in ("color", "ground", "size", "weight", "slant", "family", "align", "line")
            if one[name] != other[name]
        ]
        found += [
            f"{name} of {one['text'][:30]!r}: {one[name]:.0f} -> {other[name]:.0f}"
            for name in ("left", "width", "top")
            if abs(one[name] - other[name]) > max(4, 0.02 * one[name])
        ]
    return found


@pytest.fixture
def page(chromium):
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": 900}, java_script_enabled=False
    )
    context.route("**/*", lambda route: route.abort())
    yield context.new_page()
    context.close()


def test_newsletters_look_as_they_were_sent(page):
    letters, different = newsletters(), {}
    for name, html in letters:
        cleaned, blocked = sanitize_for_reading(html, cid_url=lambda _: None)
        found = differences(measured(page, html), measured(page, cleaned))
        if found and not blocked.reason:
            different[name] = found
    told = "\n".join(f"{name}: {found[:4]}" for name, found in different.items())
    assert len(different) <= (1 - LEAST_EQUAL) * len(letters), told
