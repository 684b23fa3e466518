"""Identities: the names and addresses somebody writes under (RFC 8621, section 6)."""

from dataclasses import dataclass, replace

from django.db import transaction
from django.http import Http404, HttpRequest

from webmail.accounts.belongings import identities_of
from webmail.accounts.identity_servers import find_server
from webmail.accounts.models import Account, Identity
from webmail.accounts.writing_as import (
    find_sender,
    is_pattern,
    is_same,
    is_tag,
    wire_pattern,
)
from webmail.message.addr_spec import BadAddress
from webmail.submission.models import LEASED, WAITING, Outgoing, Series
from webmail.web import identity_server, signatures
from webmail.web.http import get_account
from webmail.web.identity_server import ServerForm
from webmail.web.signatures import SignatureForm

MOST_IDENTITIES = 20


@dataclass(frozen=True, slots=True)
class IdentityForm:
    """The fields of one identity, as stored or, after an error, as typed."""

    key: str
    name: str
    addr_spec: str
    is_default: bool = False
    title: str = ""
    is_pattern: bool = False
    error: str = ""
    signatures: tuple[SignatureForm, ...] = ()
    new_signature: SignatureForm | None = None
    server: ServerForm | None = None


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    account = get_account(request)
    forms = [
        IdentityForm(
            each.key,
            each.name,
            each.addr_spec,
            each.is_default,
            str(each),
            is_pattern(each.addr_spec),
            signatures=signatures.forms_of(request, each, errors),
            new_signature=signatures.new_form(request, each, errors),
            server=identity_server.form_of(request, each, errors),
        )
        for each in account.identities.all()
    ]
    new = IdentityForm("new", "", account.address)
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
        error=errors[form.key],
    )


def save(request: HttpRequest) -> dict[str, str]:
    """``do`` is save, add, remove or default; ``identity`` the key of the one it is about.

    Of a signature of it, ``do`` is signature-save, signature-add or signature-remove; of its
    sending server, server-save or server-remove.
    """
    account = get_account(request)
    do = request.POST.get("do", "save")
    if do == "add":
        return _write(request, Identity(account=account), account)
    identity = account.identities.filter(key=request.POST.get("identity", "")).first()
    if identity is None:
        raise Http404
    if do.startswith("signature-"):
        return signatures.save(request, identity, do.removeprefix("signature-"))
    if do.startswith("server-"):
        return identity_server.save(request, identity, do.removeprefix("server-"))
    if do == "remove":
        return _remove(identity, account)
    if do == "default":
        return _make_default(identity, account)
    return _write(request, identity, account)


def takes_server_along(request: HttpRequest) -> bool:
    """Whether with this identity goes a sending server of its own."""
    key = request.POST.get("identity", "")
    return find_server(get_account(request).identities.filter(key=key).first()) is not None


def own_addresses(account: Account) -> frozenset[str]:
    """All addresses the account's owner writes under, in lower case."""
    addresses = (identity.addr_spec.lower() for identity in identities_of(account))
    return frozenset({account.address.lower(), *addresses})


def is_own_address(account: Account, addr_spec: str) -> bool:
    """Whether mail may go out under this address without anybody's leave."""
    return is_same(account.address, addr_spec) or is_tag(account.address, addr_spec)


def _write(request: HttpRequest, identity: Identity, account: Account) -> dict[str, str]:
    post = request.POST
    name = " ".join(post.get("name", "").split())[:120]
    addr_spec = post.get("addr_spec", "").strip() or account.address
    error = _wrong(account, identity, addr_spec)
    if error:
        return {identity.key if identity.pk else "new": error}
    identity.name, identity.addr_spec = name, addr_spec
    identity.save()
    if identity.is_default or account.identities.count() == 1:
        request.user.name = name
        request.user.save(update_fields=["name"])
    return {}


def _wrong(account: Account, identity: Identity, addr_spec: str) -> str:
    if not identity.pk and account.identities.count() >= MOST_IDENTITIES:
        return f"There can be {MOST_IDENTITIES} names at most."
    try:
        wire_pattern(addr_spec)
    except BadAddress as problem:
        return str(problem)
    if not _may_name(account, identity, addr_spec):
        return f"You can write as {account.address} only; your administrator can allow more."
    return ""


def _may_name(account: Account, identity: Identity, addr_spec: str) -> bool:
    """The account's own, or what an identity that the administrator allowed covers (T72)."""
    if identity.pk and is_same(identity.addr_spec, addr_spec):
        return True
    if is_pattern(addr_spec):
        return False
    return is_own_address(account, addr_spec) or find_sender(account, [addr_spec]) is not None


def _remove(identity: Identity, account: Account) -> dict[str, str]:
    others = account.identities.exclude(pk=identity.pk)
    left = next((each for each in others if not is_pattern(each.addr_spec)), None)
    if left is None:
        return {identity.key: "This is the only one; it cannot be removed."}
    if waiting := _waiting_under(identity, account):
        return {identity.key: waiting}
    was_default = identity.is_default
    identity.delete()
    return _make_default(left, account) if was_default else {}


def _waiting_under(identity: Identity, account: Account) -> str:
    """Why its name has to stay until then: it would be on mail that has yet to leave."""
    waiting = Outgoing.objects.filter(identity=identity, state__in=(*WAITING, *LEASED)).count()
    series = Series.objects.filter(account=account).exclude(state=Series.State.ENDED)
    repeating = sum(_named(each.fields).partition("/")[0] == identity.key for each in series)
    said = [
        _count(waiting, "message in the Outbox waits", "messages in the Outbox wait"),
        _count(repeating, "message that repeats is", "messages that repeat are"),
    ]
    if not any(said):
        return ""
    named = " and ".join(each for each in said if each)
    return f"Not removed: {named} to leave under this name. Take back or stop them first."


def _named(fields: dict[str, object]) -> str:
    return str(fields.get("identity", ""))


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def _make_default(identity: Identity, account: Account) -> dict[str, str]:
    if is_pattern(identity.addr_spec):
        return {identity.key: "New mail needs one address to be from, not a whole domain."}
    with transaction.atomic():
        account.identities.update(is_default=False)
        Identity.objects.filter(pk=identity.pk).update(is_default=True)
    return {}
