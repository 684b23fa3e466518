"""Identities: the names, addresses and signatures somebody writes under (RFC 8621, section 6)."""

from dataclasses import dataclass, replace

from django.db import transaction
from django.http import Http404, HttpRequest

from webmail.accounts.belongings import identities_of
from webmail.accounts.models import Account, Identity
from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.web.http import get_account

MOST_IDENTITIES = 20
LONGEST_SIGNATURE = 4000


@dataclass(frozen=True, slots=True)
class IdentityForm:
    """The fields of one identity, as stored or, after an error, as typed."""

    key: str
    name: str
    addr_spec: str
    signature: str
    is_default: bool = False
    title: str = ""
    error: str = ""


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    account = get_account(request)
    forms = [
        IdentityForm(
            each.key, each.name, each.addr_spec, each.signature_text, each.is_default, str(each)
        )
        for each in account.identities.all()
    ]
    new = IdentityForm("new", "", account.address, "")
    return {
        "identities": [_as_typed(request, form, errors) for form in forms],
        "new": _as_typed(request, new, errors),
    }


def _as_typed(request: HttpRequest, form: IdentityForm, errors: dict[str, str]) -> IdentityForm:
    if form.key not in errors:
        return form
    post = request.POST
    return replace(
        form,
        name=post.get("name", form.name),
        addr_spec=post.get("addr_spec", form.addr_spec),
        signature=post.get("signature_text", form.signature),
        error=errors[form.key],
    )


def save(request: HttpRequest) -> dict[str, str]:
    """``do`` is save, add, remove or default; ``identity`` the key of the one it is about."""
    account = get_account(request)
    do = request.POST.get("do", "save")
    if do == "add":
        return _write(request, Identity(account=account), account)
    identity = account.identities.filter(key=request.POST.get("identity", "")).first()
    if identity is None:
        raise Http404
    if do == "remove":
        return _remove(identity, account)
    if do == "default":
        return _make_default(identity, account)
    return _write(request, identity, account)


def own_addresses(account: Account) -> frozenset[str]:
    """All addresses the account's owner writes under, in lower case."""
    addresses = (identity.addr_spec.lower() for identity in identities_of(account))
    return frozenset({account.address.lower(), *addresses})


def is_own_address(account: Account, addr_spec: str) -> bool:
    """Whether mail may go out under this address: the account's own, or a tag of it.

    ``mara+list@example.org`` is a tag of ``mara@example.org`` (RFC 5233).
    """
    local, _, domain = account.address.lower().partition("@")
    given, _, given_domain = addr_spec.lower().partition("@")
    return domain == given_domain and given.partition("+")[0] == local


def _write(request: HttpRequest, identity: Identity, account: Account) -> dict[str, str]:
    post = request.POST
    name = " ".join(post.get("name", "").split())[:120]
    addr_spec = post.get("addr_spec", "").strip() or account.address
    signature = post.get("signature_text", "").replace("\r\n", "\n").replace("\0", "")
    error = _wrong(account, identity, addr_spec, signature)
    if error:
        return {identity.key if identity.pk else "new": error}
    identity.name, identity.addr_spec, identity.signature_text = name, addr_spec, signature
    identity.save()
    if identity.is_default or account.identities.count() == 1:
        request.user.name = name
        request.user.save(update_fields=["name"])
    return {}


def _wrong(account: Account, identity: Identity, addr_spec: str, signature: str) -> str:
    if not identity.pk and account.identities.count() >= MOST_IDENTITIES:
        return f"There can be {MOST_IDENTITIES} names at most."
    if len(signature) > LONGEST_SIGNATURE:
        return f"The signature is longer than {LONGEST_SIGNATURE} characters."
    try:
        wire_addr_spec(addr_spec)
    except BadAddress as problem:
        return str(problem)
    if not is_own_address(account, addr_spec):
        return f"You can write as {account.address} only; your administrator can allow more."
    return ""


def _remove(identity: Identity, account: Account) -> dict[str, str]:
    if account.identities.count() == 1:
        return {identity.key: "This is the only one; it cannot be removed."}
    was_default = identity.is_default
    identity.delete()
    if was_default:
        return _make_default(account.identities.first(), account)
    return {}


def _make_default(identity: Identity, account: Account) -> dict[str, str]:
    with transaction.atomic():
        account.identities.update(is_default=False)
        Identity.objects.filter(pk=identity.pk).update(is_default=True)
    return {}
