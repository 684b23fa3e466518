"""Signing and encrypting with certificates (S/MIME), when a message is sent.

The passphrase comes with that request, or is kept in the vault for one session; it opens the
key here, in this process, and goes nowhere else: not into the row, the queue or a log.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from webmail.accounts.models import Account, User
from webmail.accounts.writing_as import Sender, address_written_under
from webmail.message.address import Address
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.message.sealed import NO_BLIND_COPIES
from webmail.message.smime_key import KeyPair, WrongPassphrase
from webmail.message.smime_mail import build_encrypted, build_signed
from webmail.smime.certificates import find_run_out, find_signing, open_own, remember_signing
from webmail.smime.correspondents import certificate_of, find_recipient, reads_gcm
from webmail.smime.models import OwnCertificate
from webmail.submission.models import StoredDraft
from webmail.web.assemble import message_of, user_agent
from webmail.web.compose_form import (
    CERTIFIED_ENCRYPT,
    CERTIFIED_SIGN,
    SMIME,
    Written,
    protection_from_names,
)
from webmail.web.limits import check_size, writer_of
from webmail.web.passphrases import find_secret, keep, secret_of
from webmail.web.recipients import Recipients, read_recipients
from webmail.web.saving import written_at

ASKED = "Your certificate signs this message. Its passphrase is needed for that."
WRONG = "This passphrase does not open your certificate. Nothing was sent."


class NeedsPassphrase(Exception):
    """The sentence asks for it."""


@dataclass(frozen=True, slots=True)
class Certified:
    """The line about certificates in the compose window."""

    signs: bool
    encrypts: bool
    note: str


def find_certified(user: User, account: Account, written: Written) -> Certified | None:
    """None for who has no certificate, unless the draft asks for one."""
    if not user.own_certificates.exists() and not SMIME.intersection(written.protect):
        return None
    note = _note(user, account, written.as_fields())
    return Certified(CERTIFIED_SIGN in written.protect, CERTIFIED_ENCRYPT in written.protect, note)


def certified_json(draft: StoredDraft) -> dict[str, str]:
    if not draft.user.own_certificates.exists():
        return {}
    return {"certified_note": _note(draft.user, draft.account, draft.fields)}


def usual_protection(account: Account, written: Written) -> tuple[str, ...]:
    """New mail is signed where the last one from its address was."""
    kept = find_signing(account.user, address_written_under(account, written.as_fields()))
    return (CERTIFIED_SIGN,) if kept is not None and kept.signs else ()


def remember(draft: StoredDraft, sender: Sender) -> None:
    signs = CERTIFIED_SIGN in draft.fields.get("protect", ())
    remember_signing(draft.user, sender.addr_spec, signs=signs)


def _note(user: User, account: Account, fields: dict[str, object]) -> str:
    """What of it can be done for this sender and these recipients."""
    own = address_written_under(account, fields)
    chosen = protection_from_names(fields.get("protect", ()))
    recipients, _ = read_recipients(fields)
    said = []
    if find_signing(user, own) is None:
        said.append(_no_certificate(user, own))
    if not recipients:
        return " ".join(said)
    missing = _missing(user, recipients)
    if CERTIFIED_ENCRYPT in chosen and recipients.bcc:
        said.append(f"With blind copies it cannot be encrypted. {NO_BLIND_COPIES}")
    elif missing:
        said.append(f"Not to be encrypted: you have no certificate of {', '.join(missing)}.")
    elif CERTIFIED_ENCRYPT in chosen:
        said.append(
            "The text, the files and the subject are encrypted; who writes to whom and when is "
            f"not. {_how(user, recipients)}Until you send it, the draft is kept on this server "
            "unencrypted."
        )
    return " ".join(said)


def _how(user: User, recipients: Recipients) -> str:
    if _is_authenticated(user, recipients):
        return ""
    return (
        "Not every program of theirs is known to notice whether it was altered on the way, so "
        "sign it too. "
    )


def _no_certificate(user: User, addr_spec: str) -> str:
    over = find_run_out(user, addr_spec)
    if over is not None:
        return f"Your certificate for {addr_spec} ran out on {over.valid_until:%-d %B %Y}."
    return f"You have no certificate for {addr_spec}."


def _missing(user: User, recipients: Recipients) -> list[str]:
    return [each for each in recipients.addr_specs if find_recipient(user, each) is None]


def _is_authenticated(user: User, recipients: Recipients) -> bool:
    """Whether all of them said that they can open it (RFC 8551, section 2.7.1)."""
    found = [find_recipient(user, each) for each in recipients.addr_specs]
    return all(each is not None and reads_gcm(each) for each in found)


# -- sending ---------------------------------------------------------------------------------------


def build_certified(
    request: HttpRequest,
    draft: StoredDraft,
    recipients: Recipients,
    from_: Address,
    send_at: datetime | None,
) -> tuple[BuiltMessage, str]:
    """The message to send and its identifier.

    Raises NeedsPassphrase, BuildError, TooLarge, UploadDamaged.
    """
    chosen = protection_from_names(draft.fields.get("protect", ()))
    if CERTIFIED_ENCRYPT in chosen:
        _check_encryptable(draft.user, recipients, from_.addr_spec)
    pair = _signing(request, draft.user, from_.addr_spec) if CERTIFIED_SIGN in chosen else None
    message = message_of(draft, recipients, from_)
    message_id = new_message_id(from_.addr_spec.rpartition("@")[2])
    facts = {
        "message_id": message_id,
        "date": send_at or written_at(request),
        "signed_at": timezone.now(),
        "user_agent": user_agent(),
    }
    if CERTIFIED_ENCRYPT in chosen:
        everybody = (from_.addr_spec, *recipients.addr_specs)
        found = [certificate_of(_recipient(draft.user, each)) for each in everybody]
        is_authenticated = _is_authenticated(draft.user, recipients)
        built = build_encrypted(message, pair, found, is_authenticated=is_authenticated, **facts)
    else:
        built = build_signed(message, pair, **facts)
    check_size(draft.account, writer_of(draft), len(built.wire))
    return built, message_id


def _check_encryptable(user: User, recipients: Recipients, own: str) -> None:
    if recipients.bcc:
        raise BuildError(NO_BLIND_COPIES)
    missing = _missing(user, recipients)
    if missing:
        raise BuildError(
            f"You have no certificate of {', '.join(missing)}. It comes with signed mail of "
            "theirs, or add it in the settings, under Encryption. Or send the message unencrypted."
        )
    if find_recipient(user, own) is None:
        raise BuildError(
            f"You have no certificate for {own}, so you could not read your own copy in Sent."
        )


def _recipient(user: User, addr_spec: str):
    found = find_recipient(user, addr_spec)
    if found is None:
        raise BuildError(f"You have no certificate of {addr_spec}.")
    return found


@sensitive_variables("secret", "pair")
def _signing(request: HttpRequest, user: User, addr_spec: str) -> KeyPair:
    kept = find_signing(user, addr_spec)
    if kept is None:
        raise BuildError(f"{_no_certificate(user, addr_spec)} Send it unsigned, or add one.")
    secret = find_secret(request, kept)
    if secret is None:
        raise NeedsPassphrase(ASKED)
    try:
        pair = open_own(kept, secret)
    except WrongPassphrase:
        raise NeedsPassphrase(WRONG) from None
    _keep_if_asked(request, kept)
    return pair


def _keep_if_asked(request: HttpRequest, kept: OwnCertificate) -> None:
    if request.POST.get("keep_passphrase") == "1" and secret_of(request).reveal():
        keep(request, kept, secret_of(request))
