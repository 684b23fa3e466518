"""A place to show hostile documents: served as ours are, every sign of harm written down."""

import json
import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from django.http import HttpResponse
from django.template.loader import render_to_string
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    CDPSession,
    Error,
    Page,
    Request,
)

from webmail.message.safe_html import SafeHtml
from webmail.web.http import body_headers
from webmail.web.middleware import headers

ROOT = Path(__file__).resolve().parents[2]
_READER = (ROOT / "templates/message/_message.html").read_text("utf-8")
_TAG = re.search(r"<iframe .*?data-frame.*?></iframe>", _READER)[0]
FRAME = re.sub(r"\{%.*?%\}", "", _TAG)

# Everything a reader could do to a mail, except follow a link to where it says it leads, or
# any link but one to a script: where links lead is not for headers to say.
_TO_PLACES = "/^(https?|ftp|mailto|tel):/"
_TO_ALL_BUT_SCRIPTS = "/^(?!javascript:)./"
_POKE = """
const toWhere = (href) => {
  try { return new URL(href, document.baseURI).protocol; } catch { return ''; }
};
for (const each of document.querySelectorAll('*')) {
  const link = each.closest('a, area, [href]');
  const href = link?.getAttribute('href') ?? link?.getAttribute('xlink:href');
  if (typeof href === 'string' && UNFOLLOWED.test(toWhere(href))) continue;
  for (const kind of ['focus', 'pointerover', 'mouseover', 'mouseenter', 'mousemove', 'keydown',
    'wheel', 'input', 'change', 'copy', 'scroll', 'toggle', 'drag'])
    each.dispatchEvent(new Event(kind, { bubbles: true, cancelable: true }));
  if (each.click) each.click();
  else each.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}
"""


class Stage:
    """An HTTP server of documents made beforehand."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[dict[str, str], bytes]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, path: str, content: str, *, policy: dict[str, str] | None) -> str:
        response = HttpResponse(content)
        if policy is not None:
            for name, value in policy.items():
                response.headers[name] = value
            response = headers(lambda _: response)(None)
        self.documents[path] = (dict(response.headers), response.content)
        return f"{self.url}{path}"

    def add_body(self, path: str, html: str, *, is_walled: bool = True) -> str:
        """A mail's document, as the view of it answers."""
        context = {"html": SafeHtml(html), "designed": True, "theme": ""}
        content = render_to_string("message/body.html", context)
        policy = body_headers(f"{self.url}/mail/a/INBOX/1.1/part/") if is_walled else None
        return self.add(path, content, policy=policy)

    def add_print(self, path: str, html: str) -> str:
        """The page to print, as the view of it answers."""
        message = {"subject": "x", "facts": (), "attachments": ()}
        context = {"printed": [{"message": message, "html": SafeHtml(html)}]}
        content = render_to_string("message/print.html", context)
        policy = body_headers(f"{self.url}/mail/a/INBOX/1.1/part/", can_print=True)
        return self.add(path, content, policy=policy)

    def add_page(self, path: str, urls: list[str], *, is_app: bool) -> str:
        """A page around many mails: ours, or one that leaves each to its own headers."""
        tag = FRAME if is_app else '<iframe src="{{ message.body_url }}"></iframe>'
        frames = "".join(tag.replace("{{ message.body_url }}", url) for url in urls)
        page = f"<!doctype html><title>Mail</title>{frames}"
        return self.add(path, page, policy={} if is_app else None)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        documents = self.documents

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = documents.get(self.path)
                fields, content = found or ({"Content-Type": "text/plain"}, b"")
                self.send_response(200 if found else 404)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(OSError):  # a mail that ran away before it was whole
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@dataclass
class Signs:
    """``scripts`` ran in a mail, ``contacts`` are requests to other hosts."""

    scripts: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)

    @property
    def harm(self) -> list[list[str]]:
        found = [self.scripts, self.dialogs, self.windows, self.moved, self.contacts]
        return [each for each in found if each]


class Watched:
    """A page and what happens in it; ``ours`` is the start of the URLs of our own scripts."""

    def __init__(
        self,
        context: BrowserContext,
        home: str,
        *,
        ours: str = "(none)",
        follows_links: bool = True,
    ) -> None:
        self.signs = Signs()
        unfollowed = _TO_PLACES if follows_links else _TO_ALL_BUT_SCRIPTS
        self._poke = _POKE.replace("UNFOLLOWED", unfollowed)
        self._home, self._ours = home, ours
        context.on("requestfailed", self._note_request)
        context.on("requestfinished", self._note_request)
        self.page: Page = context.new_page()
        context.on("page", lambda page: self.signs.windows.append(page.url))
        self.page.on("dialog", self._note_dialog)
        self.cdp: CDPSession = context.new_cdp_session(self.page)
        self.cdp.on("Debugger.scriptParsed", self._note_script)
        self.cdp.send("Debugger.enable")
        self.cdp.send("Page.enable")

    def _note_request(self, request: Request) -> None:
        """What a policy stopped was never sent."""
        is_sent = request.failure not in ("csp", "origin")
        if is_sent and not request.url.startswith((self._home, "data:", "blob:", "about:", "cid:")):
            self.signs.contacts.append(request.url)

    def _note_dialog(self, dialog) -> None:
        self.signs.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note_script(self, event) -> None:
        """Scripts of worlds of our own, of the app and of Chromium's error page are not theirs."""
        is_page = event.get("executionContextAuxData", {}).get("isDefault", True)
        if is_page and not event["url"].startswith((self._ours, "chrome-error:")):
            self.signs.scripts.append(event["url"])

    def frames(self) -> list[dict[str, str]]:
        """The frames of the page, not those inside them."""
        tree = self.cdp.send("Page.getFrameTree")["frameTree"]
        return [child["frame"] for child in tree.get("childFrames", [])]

    def poke(self, frame_id: str) -> None:
        """Clicks and touches everything."""
        self._evaluate(frame_id, self._poke)

    def ask(self, expression: str) -> object:
        """What the page answers to a script that is not counted."""
        return self._evaluate(self._main_frame(), expression)

    def poke_all(self) -> None:
        """The frames of the page, or the page itself when it is a mail alone."""
        for frame_id in [frame["id"] for frame in self.frames()] or [self._main_frame()]:
            self.poke(frame_id)

    def _main_frame(self) -> str:
        return self.cdp.send("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def _evaluate(self, frame_id: str, expression: str) -> object:
        """In a world of our own, which no policy of the page reaches."""
        world = {"frameId": frame_id, "worldName": "tests", "grantUniveralAccess": True}
        context_id = self.cdp.send("Page.createIsolatedWorld", world)["executionContextId"]
        question = {"expression": expression, "contextId": context_id, "returnByValue": True}
        return self.cdp.send("Runtime.evaluate", question)["result"].get("value")

    def show(self, url: str, expected: list[str]) -> None:
        """Opens a page of mails, pokes each, and notes those that went elsewhere."""
        self.page.goto(url)
        for frame in self.frames():
            try:
                self.poke(frame["id"])
            except Error:
                self.signs.moved.append(f"{frame['url']} went away")
        for _ in range(15):
            self.page.wait_for_timeout(10)
            if self.signs.harm:
                break
        now = [frame["url"] for frame in self.frames()]
        self.signs.moved += [there for there in now if there not in expected]


# All that a page looks up is seen as this name, and none is found.
_ELSEWHERE = "elsewhere.invalid"
# Whom Chromium itself would like to call.
_MAKERS = ("*.googleapis.com", "*.google.com", "*.gvt1.com")


class ListeningChromium:
    """A Chromium that writes down every look-up of a name: connecting begins with one."""

    def __init__(self, kind: BrowserType, program: str, folder: Path) -> None:
        self._log = folder / "net.json"
        rules = ", ".join([f"MAP {host} ~NOTFOUND" for host in _MAKERS] + [f"MAP * {_ELSEWHERE}"])
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        flags += [f"--host-resolver-rules={rules}, EXCLUDE 127.0.0.1", f"--log-net-log={self._log}"]
        self.browser: Browser = kind.launch(executable_path=program, args=flags)

    def lookups(self) -> int:
        """Closes it, and counts."""
        self.browser.close()
        kinds, *events = self._log.read_text("utf-8").splitlines()
        kind = json.loads(kinds.removesuffix(",") + "}")["constants"]["logEventTypes"]
        wanted = f'"type":{kind["HOST_RESOLVER_MANAGER_REQUEST"]}'
        return sum(_ELSEWHERE in event and wanted in event for event in events)
