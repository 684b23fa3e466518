"""The signatures of an identity, as the settings show and save them."""

from dataclasses import dataclass

from django.db import transaction
from django.http import Http404, HttpRequest

from webmail.accounts.models import Identity, Signature
from webmail.message.sanitize import sanitize_for_compose, text_from_html

MOST_SIGNATURES = 10
LONGEST_TEXT = 4000
LONGEST_HTML = 40_000
NAMELESS = "Signature"
_KINDS = ("for_new", "for_answers")


@dataclass(frozen=True, slots=True)
class SignatureForm:
    """The fields of one signature, as stored or, after an error, as typed."""

    key: str
    name: str = ""
    text: str = ""
    html: str = ""
    for_new: bool = False
    for_answers: bool = False
    below_quote: bool = False
    uses: str = ""
    error: str = ""


def forms_of(
    request: HttpRequest, identity: Identity, errors: dict[str, str]
) -> tuple[SignatureForm, ...]:
    return tuple(_form(request, each, errors) for each in identity.signatures.all())


def new_form(request: HttpRequest, identity: Identity, errors: dict[str, str]) -> SignatureForm:
    key = _new_key(identity)
    if key in errors:
        return _as_typed(request, key, errors[key])
    is_first = not identity.signatures.exists()
    return SignatureForm(key, for_new=is_first, for_answers=is_first)


def save(request: HttpRequest, identity: Identity, do: str) -> dict[str, str]:
    if do == "add":
        return _write(request, Signature(identity=identity))
    signature = identity.signatures.filter(key=request.POST.get("signature", "")).first()
    if signature is None:
        raise Http404
    if do == "remove":
        signature.delete()
        return {}
    return _write(request, signature)


def _write(request: HttpRequest, signature: Signature) -> dict[str, str]:
    post = request.POST
    key = signature.key if signature.pk else _new_key(signature.identity)
    html = str(sanitize_for_compose(_typed(request, "html"))).strip()
    text = _typed(request, "text").strip("\n") or text_from_html(html)
    error = _wrong(request, signature, text)
    if error:
        return {key: error}
    signature.name = " ".join(post.get("name", "").split())[:60] or NAMELESS
    signature.text, signature.html = text, html
    for kind in _KINDS:
        setattr(signature, kind, post.get(kind) == "1")
    signature.below_quote = post.get("place") == "below"
    with transaction.atomic():
        signature.save()
        others = signature.identity.signatures.exclude(pk=signature.pk)
        for kind in _KINDS:
            if getattr(signature, kind):
                others.update(**{kind: False})
    return {}


def _wrong(request: HttpRequest, signature: Signature, text: str) -> str:
    if not signature.pk and signature.identity.signatures.count() >= MOST_SIGNATURES:
        return f"There can be {MOST_SIGNATURES} signatures at most."
    if len(text) > LONGEST_TEXT:
        return f"The signature is longer than {LONGEST_TEXT} characters."
    if len(_typed(request, "html")) > LONGEST_HTML:
        return f"The HTML of the signature is longer than {LONGEST_HTML} characters."
    return "" if text.strip() else "Write what the signature says."


def _form(request: HttpRequest, signature: Signature, errors: dict[str, str]) -> SignatureForm:
    if signature.key in errors:
        return _as_typed(request, signature.key, errors[signature.key])
    return SignatureForm(
        signature.key,
        signature.name,
        signature.text,
        signature.html,
        signature.for_new,
        signature.for_answers,
        signature.below_quote,
        _uses(signature),
    )


def _as_typed(request: HttpRequest, key: str, error: str) -> SignatureForm:
    post = request.POST
    return SignatureForm(
        key,
        post.get("name", ""),
        _typed(request, "text"),
        _typed(request, "html"),
        post.get("for_new") == "1",
        post.get("for_answers") == "1",
        post.get("place") == "below",
        error=error,
    )


def _uses(signature: Signature) -> str:
    uses = {"new mail": signature.for_new, "answers": signature.for_answers}
    named = [use for use, is_used in uses.items() if is_used]
    return f"For {' and '.join(named)}" if named else ""


def _typed(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _new_key(identity: Identity) -> str:
    return f"new-{identity.key}"
