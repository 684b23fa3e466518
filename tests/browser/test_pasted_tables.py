"""Tables pasted from sheets and documents stay tables, simple and safe: shown, sent, received."""

import email
import email.policy
import json

import pytest
from playwright.sync_api import expect

from tests.browser.arrival import arrive
from tests.browser.saving import save_now

pytestmark = pytest.mark.xdist_group("browser")
ADA, BEN = "ada@hearth.test", "ben@hearth.test"

EXCEL = """<html xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns="http://www.w3.org/TR/REC-html40">
<head><meta name=ProgId content=Excel.Sheet><style><!--table {mso-displayed-decimal-separator:",";}
td {padding:0px; font-size:11.0pt;} .xl65 {font-weight:700; background:#FFFF00; text-align:center;}
--></style></head><body link="#0563C1"><table border=0 cellpadding=0 cellspacing=0 width=128
 style='border-collapse:collapse;width:96pt'><!--StartFragment--><col width=64 span=2>
 <tr height=19><td height=19 class=xl65 width=64>Item</td><td class=xl65 width=64>Price</td></tr>
 <tr height=19><td height=19>Nails</td><td align=right>12,50</td></tr>
 <tr><td colspan=2 style='color:red'>Total 12,50</td></tr><!--EndFragment--></table></body>
</html>"""
SHEETS = """<meta charset='utf-8'><google-sheets-html-origin><style type="text/css"><!--td
{border: 1px solid #cccccc;}br {mso-data-placement:same-cell;}--></style>
<table xmlns="http://www.w3.org/1999/xhtml"
cellspacing="0" cellpadding="0" dir="ltr" border="1" style="table-layout:fixed;font-size:10pt;
width:0px;border-collapse:collapse;border:none" data-sheets-root="1"><colgroup><col width="100"/>
</colgroup><tbody><tr style="height:21px;"><td style="overflow:hidden;padding:2px 3px;
vertical-align:bottom;font-weight:bold;text-align:center;background-color:#ffff00;"
data-sheets-value="{}">Item</td><td style="font-weight:bold;">Price</td></tr>
<tr><td>Nails</td><td style="text-align:right;">12,50</td></tr>
<tr><td colspan="2" style="color:#ff0000;">Total 12,50</td></tr></tbody></table>"""
WORD = """<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style><!--
p.MsoNormal {margin:0cm; font-size:11.0pt;}--></style></head><body lang=SV><!--StartFragment-->
<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;
border:none;mso-border-alt:solid windowtext .5pt'><tr><td width=300 valign=top style='width:225pt;
border:solid windowtext 1.0pt;background:yellow'><p class=MsoNormal align=center
style='text-align:center'><b>Item<o:p></o:p></b></p></td>
<td><p class=MsoNormal><b>Price</b></p></td></tr><tr><td><p class=MsoNormal>Nails</p></td>
<td align=right><p class=MsoNormal>12,50</p></td></tr>
<tr><td colspan=2 style='color:red'><p>Total 12,50</p></td></tr></table><!--EndFragment--></body>
</html>"""
HARM = """<table border="1" onclick="parent.hurt=1" background="http://tracker.example.test/a.gif"
style="position:fixed;background:url(http://tracker.example.test/b.gif)"><style>.z{display:none}
</style><tr><td class="z" style="font-weight:bold">Seen<script>parent.hurt=1</script>
<img src="http://tracker.example.test/c.gif"></td><td border="99999">Two</td></tr></table>"""


@pytest.fixture(params=[(1440, 900)], ids=["desktop"])
def page(request, chromium, hearth, lab):
    lab.clear()
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.faults, page.asked = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: page.asked.append(request.url))
    arrive(page, hearth, lab, f"/compose/?to={BEN}&subject=Table")
    page.locator("[data-editor]").wait_for()
    yield page
    context.close()


def paste(page, html):
    page.locator("[data-editor]").click()
    page.evaluate(
        f"""() => {{
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", {json.dumps(html)});
          clipboardData.setData("text/plain", "plain");
          const told = {{ clipboardData, bubbles: true, cancelable: true }};
          document.querySelector("[data-editor]").dispatchEvent(new ClipboardEvent("paste", told));
        }}"""
    )


LOOKS = """table => [...table.rows].map(row => [...row.cells].map(cell => {
  const inner = cell.querySelector("b, strong") ?? cell.querySelector("p") ?? cell;
  const look = getComputedStyle(inner);
  return {
    text: cell.textContent.trim(), bold: Number(look.fontWeight) >= 600,
    align: look.textAlign.replace("start", "left"), color: look.color === "rgb(255, 0, 0)",
    paper: getComputedStyle(cell).backgroundColor, span: cell.colSpan,
    border: getComputedStyle(cell).borderTopWidth,
  };
}))"""


def draft_in(lab):
    raw = lab.newest(ADA, "Drafts")
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.mark.parametrize("page", [(1440, 900), (390, 844)], ids=["desktop", "phone"], indirect=True)
@pytest.mark.parametrize("html", [EXCEL, SHEETS, WORD], ids=["excel", "sheets", "word"])
def test_a_table_stays_one_and_what_is_sent_is_what_was_shown(page, lab, html):
    paste(page, html)
    table = page.locator("[data-editor] table")
    shown = table.evaluate(LOOKS)
    words = [[cell["text"] for cell in row] for row in shown]
    assert words == [["Item", "Price"], ["Nails", "12,50"], ["Total 12,50"]]
    item, price = shown[0]
    assert (item["bold"], item["align"], price["bold"]) == (True, "center", True)
    assert item["paper"] == "rgb(255, 255, 0)"
    assert shown[1][1]["align"] == "right"
    assert (shown[2][0]["span"], shown[2][0]["color"]) == (2, True)
    assert {cell["border"] for row in shown for cell in row} == {"1px"}
    assert page.faults == []
    save_now(page)
    markup = draft_in(lab).get_body(("html",)).get_content()
    assert markup.count("<td") == 5
    for remains in ("mso", "class=", "MsoNormal", "data-", "xmlns", "<style", "<col", "width"):
        assert remains not in markup
    page.reload()
    expect(table).to_be_visible()
    assert table.evaluate(LOOKS) == shown
    look = page.context.new_page()
    look.set_content(markup)
    assert look.locator("table").evaluate(LOOKS) == shown
    text = draft_in(lab).get_body(("plain",)).get_content()
    assert "Nails" in text
    assert "12,50" in text


def test_a_table_brings_nothing_that_harms(page, lab):
    """T11, T12."""
    paste(page, HARM)
    expect(page.locator("[data-editor] table")).to_have_count(1)
    save_now(page)
    markup = draft_in(lab).get_body(("html",)).get_content()
    for harm in ("tracker", "script", "onclick", "position", "99999", "display"):
        assert harm not in markup
    assert not [url for url in page.asked if "tracker" in url]
    assert page.evaluate("window.hurt") is None
    assert page.faults == []
