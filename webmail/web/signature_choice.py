"""The signature of a message being written: the usual one, or the one its writer chose."""

from dataclasses import dataclass, replace

from webmail.accounts.belongings import identities_of, signatures_of
from webmail.accounts.models import Account, Identity, Signature
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.message.signature_block import SignatureBlock, lines_html, swap_html, swap_text
from webmail.web.compose_form import RICH, Written


@dataclass(frozen=True, slots=True)
class SignatureOption:
    """``is_usual`` is what its identity writes under a message of this kind."""

    key: str
    label: str
    identity: str
    block: SignatureBlock
    is_usual: bool


def signature_options(account: Account, *, is_answer: bool) -> tuple[SignatureOption, ...]:
    identities = {each.pk: each for each in identities_of(account)}
    return tuple(
        SignatureOption(
            each.key,
            each.name if len(identities) < 2 else f"{each.name} ({identities[each.identity_id]})",
            identities[each.identity_id].key,
            _block(each),
            each.for_answers if is_answer else each.for_new,
        )
        for each in signatures_of(account)
    )


def signed(written: Written, identity: Identity | None, *, is_answer: bool) -> Written:
    """With the usual signature of this identity for new mail, or for answers.

    New mail is plain text until the editor opens, which takes the html.
    """
    if identity is None:
        return written
    kind = {"for_answers": True} if is_answer else {"for_new": True}
    usual = identity.signatures.filter(**kind).first()
    if usual is None:
        return written
    html = written.html or ("" if is_answer else lines_html(f"{written.text}\n"))
    return replace(
        written,
        text=swap_text(written.text, None, _block(usual)),
        html=_cleaned(swap_html(html, None, _block(usual))) if html else "",
        signature=usual.key,
    )


def with_signature(account: Account, written: Written, chosen: str) -> Written:
    """With the ``chosen`` one instead of its own; empty drops it.  Of no other account's."""
    if chosen == written.signature:
        return written
    known = {each.key: _block(each) for each in signatures_of(account)}
    old, new = known.get(written.signature), known.get(chosen)
    if chosen and new is None:
        return written
    if written.format == RICH:
        html = _cleaned(swap_html(written.html, old, new))
        return replace(written, text=text_from_html(html), html=html, signature=chosen)
    return replace(written, text=swap_text(written.text, old, new), signature=chosen)


def _block(signature: Signature) -> SignatureBlock:
    """Cleaned again: rows outlive our rules."""
    html = str(sanitize_for_compose(signature.html)) if signature.html else ""
    return SignatureBlock(signature.text, html, signature.below_quote)


def _cleaned(html: str) -> str:
    return str(sanitize_for_compose(html))
