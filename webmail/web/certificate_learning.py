"""Certificates that signed mail brings: kept by themselves only where an authority vouches.

Whoever makes a certificate themselves can write any address into it, and would get what is
encrypted for that address; so such a one is kept only by somebody who decides to.
"""

from webmail.message.addr_spec import compared
from webmail.message.smime import Signature, Verdict
from webmail.message.smime_certificate import facts_of
from webmail.smime import correspondents
from webmail.web.sheet import Sheet

_TO_DECIDE = (Verdict.UNKNOWN_AUTHORITY, Verdict.SELF_ISSUED)


def learn_certificate(sheet: Sheet, signature: Signature) -> None:
    """For who has a certificate too; nobody else could encrypt."""
    found = signature.certificate
    if signature.verdict is not Verdict.GOOD or found is None or _is_own(sheet, signature):
        return
    user = sheet.request.user
    if user.own_certificates.exists():
        correspondents.learn(user, signature.signer, found, reads_gcm=signature.reads_gcm)


def can_be_kept(sheet: Sheet, signature: Signature) -> bool:
    """Whether its reader is asked: it fits, proves nobody, and could be encrypted for."""
    if signature.verdict not in _TO_DECIDE or signature.certificate is None:
        return False
    user = sheet.request.user
    if _is_own(sheet, signature) or not user.own_certificates.exists():
        return False
    facts = facts_of(signature.certificate)
    known = user.known_certificates.filter(addr_spec=compared(signature.signer))
    return facts.can_encrypt and not known.filter(fingerprint=facts.fingerprint).exists()


def _is_own(sheet: Sheet, signature: Signature) -> bool:
    return compared(signature.signer) in sheet.mine


def fingerprint_of(signature: Signature) -> str:
    text = facts_of(signature.certificate).fingerprint if signature.certificate else ""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
