"""A browser without script at the compose form."""

import re
from html import unescape
from io import BytesIO

from webmail.accounts.models import User
from webmail.submission import outbox
from webmail.submission.models import Outgoing
from webmail.web.paths import ref_text


def form_of(answer):
    """The action and the fields that a browser without script would send."""
    page = answer.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    for name in ("to", "cc", "bcc", "subject"):
        fields[name] = unescape(re.search(rf'name="{name}" value="([^"]*)"', page).group(1))
    text = re.search(r'<textarea class="editor"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    fields["text"] = unescape(text.group(1))
    fields["carry"] = re.findall(r'name="carry" value="(\d+)"', page)
    return re.search(r'action="(/compose/\w+/)"', page).group(1), fields


def begin(client, query="", **changes):
    """A compose page opened and filled in; with a subject, or sending asks for one."""
    action, fields = form_of(client.get(f"/compose/{query}"))
    fields["subject"] = fields["subject"] or "Hello"
    return action, fields | changes


def ref_of(ref):
    """A message as compose links name it."""
    return ref_text(User.objects.get(address="mara@hearth.example").accounts.get().key, ref)


def wire():
    """The bytes of the only message in the outbox."""
    return outbox.wire_bytes(Outgoing.objects.get())


def upload(name, content):
    file = BytesIO(content)
    file.name = name
    return file


def copies_in_drafts(store):
    return [b"".join(store.source(row.ref)) for row in store.page("Drafts").rows]
