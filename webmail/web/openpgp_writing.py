"""Signing and encrypting what is written: the browser does it, between two requests.

The first gets the entity and what is needed for it; the second brings back what was made of
it.  The draft is built again then, and must still be the same.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.http import HttpRequest

from webmail.accounts.models import Account, User
from webmail.accounts.writing_as import address_written_under
from webmail.message.address import Address
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.message.sealed import (
    NO_BLIND_COPIES,
    Sealed,
    build_sealed,
    digest_of,
    entity_of,
)
from webmail.openpgp import keyring
from webmail.openpgp.models import KnownKey
from webmail.submission.models import StoredDraft
from webmail.web.assemble import message_of, user_agent
from webmail.web.compose_form import (
    ENCRYPT,
    OPENPGP,
    SIGN,
    Written,
    protection_from_names,
)
from webmail.web.limits import check_size, writer_of
from webmail.web.recipients import Recipients, read_recipients
from webmail.web.saving import written_at

_SALT = "hearth.openpgp"
_LIFE_S = 3600
CHANGED = "The message was changed while it was encrypted or signed. Send it again."
NEEDS_SCRIPT = (
    "Signing and encrypting happen in your browser and need JavaScript. Untick both to send the "
    "message as it is."
)


@dataclass(frozen=True, slots=True)
class Protection:
    """The line about OpenPGP in the compose window; ``missing`` are addresses without a key,
    ``keys`` those of the others in JSON, by their fingerprints."""

    signs: bool
    encrypts: bool
    note: str
    missing: str
    keys: str


def find_protection(user: User, account: Account, written: Written) -> Protection | None:
    """None while OpenPGP is off and the draft asks for nothing of it."""
    if keyring.encryption_of(user) is None and not OPENPGP.intersection(written.protect):
        return None
    note = _note(user, account, written.as_fields())
    missing = " ".join(_missing(user, read_recipients(written.as_fields())[0]))
    keys = json.dumps(_keys(user, written.as_fields()))
    chosen = written.protect
    return Protection(SIGN in chosen, ENCRYPT in chosen, note, missing, keys)


def protection_json(draft: StoredDraft) -> dict[str, str]:
    if keyring.encryption_of(draft.user) is None:
        return {}
    return {
        "protection_note": _note(draft.user, draft.account, draft.fields),
        "protection_missing": " ".join(_missing(draft.user, read_recipients(draft.fields)[0])),
        "protection_keys": _keys(draft.user, draft.fields),
    }


def _note(user: User, account: Account, fields: dict[str, object]) -> str:
    recipients, _ = read_recipients(fields)
    own = address_written_under(account, fields)
    chosen = protection_from_names(fields.get("protect", ()))
    if keyring.find_own(user, own) is None:
        but = ", but one that you revoked" if keyring.has_revoked(user, own) else " yet"
        return f"You have no key for {own}{but}. Make one in the settings, under Encryption."
    if not recipients:
        return ""
    if ENCRYPT in chosen and recipients.bcc:
        return f"With blind copies it cannot be encrypted. {NO_BLIND_COPIES}"
    missing = _missing(user, recipients)
    if missing:
        return f"Not to be encrypted: {_lacking(user, missing)}."
    if ENCRYPT in chosen:
        return (
            "The text, the files and the subject are encrypted; who writes to whom and when is "
            "not. Until you send it, the draft is kept on this server unencrypted."
        )
    return "It can be encrypted: you have a key of everybody it goes to."


def _missing(user: User, recipients: Recipients) -> list[str]:
    return [each for each in recipients.addr_specs if _public_of(user, each) is None]


def _lacking(user: User, missing: list[str]) -> str:
    """What there is to say of those whom nothing can be encrypted for."""
    withdrawn = [each for each in missing if keyring.has_withdrawn(user, each)]
    others = [each for each in missing if each not in withdrawn]
    said = [f"the key of {each} was withdrawn by its owner" for each in withdrawn]
    if others:
        said.append(f"you have no key of {', '.join(others)}")
    return "; ".join(said)


def _public_of(user: User, addr_spec: str) -> str | None:
    """The armored key of an address: a correspondent's, or one's own."""
    known = keyring.find_known(user, addr_spec) or keyring.find_own(user, addr_spec)
    return known.public if known is not None else None


def _keys(user: User, fields: dict[str, object]) -> dict[str, str]:
    """The fingerprint of each recipient's key, for the script: it alone sees whether a key has
    run out or was withdrawn."""
    recipients, _ = read_recipients(fields)
    found = {each: keyring.find_known(user, each) for each in recipients.addr_specs}
    return {each: known.fingerprint for each, known in found.items() if known is not None}


def _was_brought(user: User, addr_spec: str) -> bool:
    """Whether mail from this address brought the key: it need not name it (Autocrypt)."""
    known = keyring.find_known(user, addr_spec)
    return known is not None and known.origin == KnownKey.Origin.AUTOCRYPT


# -- the first request ----------------------------------------------------------------------------


def entity_json(
    request: HttpRequest, draft: StoredDraft, recipients: Recipients, from_: Address
) -> dict[str, object]:
    """What the browser signs or encrypts, and the keys for it.  Raises BuildError."""
    chosen = protection_from_names(draft.fields.get("protect", ()))
    own = keyring.find_own(draft.user, from_.addr_spec)
    if own is None or keyring.encryption_of(draft.user) is None:
        raise BuildError(f"You have no OpenPGP key for {from_.addr_spec}.")
    if ENCRYPT in chosen:
        _check_encryptable(draft.user, recipients)
    message_id = new_message_id(from_.addr_spec.rpartition("@")[2])
    entity = _entity(draft, recipients, from_, message_id)
    said = {
        "draft": draft.key,
        "message_id": message_id,
        "date": written_at(request).isoformat(),
        "digest": digest_of(entity),
        "encrypt": ENCRYPT in chosen,
    }
    return {
        "entity": base64.b64encode(entity).decode(),
        "token": signing.dumps(said, salt=_SALT),
        "own": own.fingerprint,
        "signs": SIGN in chosen,
        "encrypts": ENCRYPT in chosen,
        "keys": {each: _public_of(draft.user, each) for each in recipients.addr_specs},
        "brought": [each for each in recipients.addr_specs if _was_brought(draft.user, each)],
    }


def _check_encryptable(user: User, recipients: Recipients) -> None:
    if recipients.bcc:
        raise BuildError(NO_BLIND_COPIES)
    missing = _missing(user, recipients)
    if missing:
        said = _lacking(user, missing)
        raise BuildError(
            f"{said[0].upper()}{said[1:]}. Add one in the settings, under Encryption, or send the "
            "message unencrypted."
        )


def _entity(draft: StoredDraft, recipients: Recipients, from_: Address, message_id: str) -> bytes:
    is_encrypted = ENCRYPT in protection_from_names(draft.fields.get("protect", ()))
    message = message_of(draft, recipients, from_)
    return entity_of(message, message_id=message_id, is_encrypted=is_encrypted)


# -- the second -----------------------------------------------------------------------------------


def build_protected(
    request: HttpRequest,
    draft: StoredDraft,
    recipients: Recipients,
    from_: Address,
    send_at: datetime | None,
) -> tuple[BuiltMessage, str]:
    """The message to send and its identifier.  Raises BuildError, TooLarge, UploadDamaged."""
    post = request.POST
    try:
        said = signing.loads(post.get("sealed", ""), salt=_SALT, max_age=_LIFE_S)
    except signing.BadSignature:
        raise BuildError(CHANGED if post.get("sealed") else NEEDS_SCRIPT) from None
    is_encrypted = ENCRYPT in protection_from_names(draft.fields.get("protect", ()))
    message_id = said["message_id"]
    entity = _entity(draft, recipients, from_, message_id)
    is_same = (draft.key, digest_of(entity)) == (said["draft"], said["digest"])
    if not is_same or said["encrypt"] != is_encrypted:
        raise BuildError(CHANGED)
    built = build_sealed(
        message_of(draft, recipients, from_),
        entity,
        Sealed(_armored(request), is_encrypted, post.get("hash", "")),
        message_id=message_id,
        date=send_at or datetime.fromisoformat(said["date"]),
        user_agent=user_agent(),
    )
    check_size(draft.account, writer_of(draft), len(built.wire))
    return built, message_id


def _armored(request: HttpRequest) -> str:
    file = request.FILES.get("armored")
    octets = file.read() if file is not None else b""
    return octets.decode("ascii", "replace").replace("\r\n", "\n")
