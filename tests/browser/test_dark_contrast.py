"""Newsletters in the dark: every text that is seen stands out from what is behind it (WCAG AA)."""

import pytest
from django.template.loader import render_to_string

from tests.browser.test_looks_as_sent import newsletters
from webmail.message.dark import darkened
from webmail.message.sanitize import sanitize_for_reading

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]
# The contrast of each text with the nearest background that is no hole.
FAINT = """() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => numbers(color).slice(0, 3).map(each => each / 255).map(each =>
    each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = each => {
    for (; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if ((numbers(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
  let count = 0;
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || parent.tagName == "STYLE") continue;
    if (!parent.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    count += 1;
    const text = getComputedStyle(parent).color, behind = ground(parent);
    const [more, less] = [light(text), light(behind)].sort((a, b) => b - a);
    if ((more + 0.05) / (less + 0.05) < 4.5 || light(behind) > 0.25)
      faint.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${text} on ${behind}`);
  }
  return [count, faint];
}"""


@pytest.fixture
def page(chromium):
    context = chromium.new_context(
        viewport={"width": 700, "height": 900}, java_script_enabled=False, color_scheme="dark"
    )
    context.route("**/*", lambda route: route.abort())
    yield context.new_page()
    context.close()


def test_no_text_of_a_newsletter_is_faint_in_the_dark(page):
    texts, faint = 0, {}
    for name, html in newsletters():
        cleaned, _ = sanitize_for_reading(html, cid_url=lambda _: None)
        context = {"html": darkened(cleaned, always=False), "designed": True, "darkened": True}
        page.set_content(
            render_to_string("message/body.html", {**context, "theme": ""}),
            wait_until="domcontentloaded",
        )
        count, found = page.evaluate(FAINT)
        texts += count
        faint |= {name: found[:3]} if found else {}
    assert texts or not newsletters()
    assert faint == {}
