"""What the compose window holds, on its way between the browser and the draft's row."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.core import signing
from django.http import HttpRequest

from webmail.accounts.models import Account, User
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.store.mailbox import MessageRef
from webmail.submission.drafts import FreshDraft, Origin
from webmail.submission.models import StoredDraft
from webmail.submission.wishes import NO_WISHES, Wishes, wishes_from_names
from webmail.web.carried import CarriedPart, carried_from_json

PLAIN, RICH = "plain", "html"
SIGN, ENCRYPT = "sign", "encrypt"
CERTIFIED_SIGN, CERTIFIED_ENCRYPT = "smime-sign", "smime-encrypt"
OPENPGP, SMIME = frozenset((SIGN, ENCRYPT)), frozenset((CERTIFIED_SIGN, CERTIFIED_ENCRYPT))
# These protect nothing: they say what of a decrypted message stands in the draft.
QUOTES_DECRYPTED, SUBJECT_DECRYPTED = "quotes-decrypted", "subject-decrypted"
_DECRYPTED = frozenset((QUOTES_DECRYPTED, SUBJECT_DECRYPTED))
_PROTECTIONS = (
    *(SIGN, ENCRYPT, CERTIFIED_SIGN, CERTIFIED_ENCRYPT),
    *(QUOTES_DECRYPTED, SUBJECT_DECRYPTED),
)
_SALT = "hearth.compose"
_NAMES = ("identity", "sender", "to", "cc", "bcc", "subject")
_IN_ROW = (*_NAMES, "text", "html", "signature")


@dataclass(frozen=True, slots=True)
class Written:
    """The fields as typed: recipients may be wrong, the html has been sanitised (T11).

    ``identity`` is a Sender's key; ``sender`` is the address typed for a pattern;
    ``signature`` is the key of the one in the text.  ``wishes`` are a list of names in a row,
    ``protect`` what is done with OpenPGP or S/MIME before it leaves.
    """

    identity: str = ""
    sender: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    format: str = PLAIN
    signature: str = ""
    wishes: Wishes = NO_WISHES
    protect: tuple[str, ...] = ()

    def as_fields(self) -> dict[str, Any]:
        return {**asdict(self), "wishes": self.wishes.names, "protect": list(self.protect)}


def written_from_fields(fields: Mapping[str, Any]) -> Written:
    """What a row holds; its html is sanitised again, as rows outlive our rules."""
    known = {name: str(fields.get(name, "")) for name in _IN_ROW}
    written = Written(
        **known,
        format=RICH if fields.get("format") == RICH else PLAIN,
        wishes=wishes_from_names(fields.get("wishes", ())),
        protect=protection_from_names(fields.get("protect", ())),
    )
    return replace(written, html=str(sanitize_for_compose(written.html)) if written.html else "")


def written_from_post(request: HttpRequest, before: Mapping[str, Any] | None = None) -> Written:
    """The form as it came.

    The editor posts ``format=html`` and ``html``.  Without script only ``text`` comes: then
    a formatted draft keeps its formatting as long as its text was not touched.
    """
    post, before = request.POST, before or {}
    typed: dict[str, Any] = {name: post.get(name, "").replace("\0", "") for name in _NAMES}
    # An empty one always comes with the form: boxes that are not ticked send nothing.
    wishes = post.getlist("wishes") if "wishes" in post else before.get("wishes", ())
    typed["wishes"] = wishes_from_names(wishes)
    protect = post.getlist("protect") if "protect" in post else before.get("protect", ())
    typed["protect"] = protection_from_names(protect)
    typed["signature"] = post.get("signed", str(before.get("signature", "")))[:12]
    text = _newlines(post.get("text", ""))
    if post.get("format") == RICH:
        html = str(sanitize_for_compose(post.get("html", "")))
        if html or not text.strip():
            return Written(**typed, text=text_from_html(html), html=html, format=RICH)
        # Beyond the sanitiser's caps: the words are kept, without their looks.
    if "format" not in post and before.get("format") == RICH and _same(before["text"], text):
        html = str(sanitize_for_compose(before["html"]))
        return Written(**typed, text=before["text"], html=html, format=RICH)
    return Written(**typed, text=text)


def protection_from_names(names: Iterable[object]) -> tuple[str, ...]:
    """Unknown ones are passed over."""
    named = set(map(str, names))
    return tuple(each for each in _PROTECTIONS if each in named)


def is_to_be_encrypted(names: Iterable[object]) -> bool:
    return bool({ENCRYPT, CERTIFIED_ENCRYPT} & set(protection_from_names(names)))


def is_to_be_protected(names: Iterable[object]) -> bool:
    """Signed or encrypted, and so only at its writer's hands."""
    return bool((OPENPGP | SMIME) & set(protection_from_names(names)))


def decrypted_in(names: Iterable[object]) -> frozenset[str]:
    """What of a message that its writer decrypted stands in it: its text, its subject."""
    return _DECRYPTED & frozenset(protection_from_names(names))


def bared_by(names: Iterable[object]) -> frozenset[str]:
    """The same where it would leave unencrypted itself."""
    return frozenset() if is_to_be_encrypted(names) else decrypted_in(names)


def sign_fresh(
    user: User, account: Account, fresh: FreshDraft, carried: tuple[CarriedPart, ...]
) -> str:
    """The draft that a form was drawn for, to come back with the form's first request."""
    origin = fresh.origin
    return signing.dumps(
        {
            "user": user.pk,
            "account": account.key,
            "key": fresh.key,
            "token": str(fresh.client_token),
            "relation": origin.relation,
            "source": _ref_json(origin.source),
            "in_reply_to": origin.in_reply_to,
            "references": origin.references,
            "copy": _ref_json(origin.copy),
            "sent_to": origin.sent_to,
            "carried": [part.as_json() for part in carried],
        },
        salt=_SALT,
        compress=True,
    )


@dataclass(frozen=True, slots=True)
class SignedDraft:
    """A fresh draft that came back with its form."""

    account: Account
    fresh: FreshDraft
    carried: tuple[CarriedPart, ...]


def read_fresh(user: User, key: str, signed: str) -> SignedDraft | None:
    """None unless we signed it, for this person and this draft."""
    try:
        said = signing.loads(signed, salt=_SALT)
    except signing.BadSignature:
        return None
    if said["user"] != user.pk or said["key"] != key:
        return None
    account = user.accounts.filter(key=said["account"]).first()
    if account is None:
        return None
    origin = Origin(
        relation=said["relation"],
        source=_ref_from_json(said["source"]),
        in_reply_to=tuple(said["in_reply_to"]),
        references=tuple(said["references"]),
        copy=_ref_from_json(said["copy"]),
        sent_to=said.get("sent_to", ""),
    )
    fresh = FreshDraft(key=key, client_token=uuid.UUID(said["token"]), origin=origin)
    return SignedDraft(account, fresh, carried_from_json(said["carried"]))


def carried_of(draft: StoredDraft) -> tuple[CarriedPart, ...]:
    """The files of the original that have not been fetched yet."""
    return carried_from_json(draft.fields.get("carried", []))


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()


def _ref_json(ref: MessageRef | None) -> list[Any] | None:
    return [ref.mailbox, ref.uidvalidity, ref.uid] if ref else None


def _ref_from_json(said: list[Any] | None) -> MessageRef | None:
    return MessageRef(*said) if said else None
