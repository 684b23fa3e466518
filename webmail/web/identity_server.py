"""The sending server of an identity in Settings: proposed, typed, tried, kept."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from webmail.accounts import connect, throttle
from webmail.accounts import identity_servers as servers
from webmail.accounts.identity_servers import Access, NotAllowed
from webmail.accounts.models import Account, Identity, SubmissionServer
from webmail.accounts.oauth_providers import Provider
from webmail.accounts.vault import Secret
from webmail.accounts.writing_as import is_pattern
from webmail.outbound import Endpoint, Security, parse_endpoint
from webmail.outbound_services import find_submission
from webmail.submission import granting, proving
from webmail.submission.endings import SignInRefused, SubmissionError

SIGN_IN_AGAIN = "Your session has ended. Sign in again, then save."
_NOT_SAVED = "Not saved. {words}"
_SCHEMES = {"tls": "submissions", "starttls": "submission+starttls", "plain": "submission"}
_SECURITY = {
    Security.TLS: ("tls", "TLS", 465),
    Security.STARTTLS: ("starttls", "STARTTLS", 587),
    Security.CLEARTEXT: ("plain", "not encrypted", 587),
}


class _Wrong(Exception):
    """What was typed cannot be tried; the sentence says why."""


@dataclass(frozen=True, slots=True)
class ServerForm:
    """As stored, proposed by DNS or, after an error, as typed.  Never with a password.

    ``choices`` are what the administrator listed, URL and words; empty where anything goes, or
    nothing (``is_closed``).
    """

    host: str = ""
    security: str = "tls"
    url: str = ""
    username: str = ""
    current: str = ""
    usual: str = ""
    domain: str = ""
    has_password: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    providers: tuple[Provider, ...] = ()
    is_closed: bool = False
    found: str = ""
    error: str = ""
    is_open: bool = False
    look_up: str = ""


def form_of(request: HttpRequest, identity: Identity, errors: dict[str, str]) -> ServerForm | None:
    """None where the administrator lets nobody choose, and this identity has none."""
    server = servers.find_server(identity)
    listed: tuple[Endpoint, ...] | None = settings.WEBMAIL_IDENTITY_SUBMISSION
    providers = tuple(settings.WEBMAIL_OAUTH.values())
    if listed == () and server is None and not providers:
        return None
    typed = server if server and not server.provider else None
    url = typed.url if typed else ""
    username = typed.username if typed else _usual_username(identity)
    error, found, is_open = errors.get(_field(identity), ""), "", False
    if error:
        url, username, is_open = _typed_url(request), _typed(request, "username"), True
    elif request.GET.get("find") == identity.key:
        url, found = _propose(identity)
        is_open = True
    host, security = _parts(url)
    if error and not listed:
        host, security = _typed(request, "host"), _typed(request, "security")
    return ServerForm(
        host=host,
        security=security or "tls",
        url=url,
        username=username,
        current=_current(server) if server else "",
        usual=_usual_host(identity.account),
        domain=identity.addr_spec.rpartition("@")[2],
        has_password=servers.find_password(request, identity, url, username) is not None,
        providers=providers,
        is_closed=listed == (),
        choices=tuple((_url_of(each), _words_of(each)) for each in listed or ()),
        found=found,
        error=error,
        is_open=is_open,
        look_up=_look_up(request, identity),
    )


def _look_up(request: HttpRequest, identity: Identity) -> str:
    """A query that differs from the page's own: a browser asks nobody for a URL it is at."""
    is_again = request.GET.get("find") == identity.key and "again" not in request.GET
    return f"?find={identity.key}&again=1" if is_again else f"?find={identity.key}"


def save(request: HttpRequest, identity: Identity, do: str) -> dict[str, str]:
    """``do`` is save or remove.  What was refused is not kept, and what was typed stays."""
    if do == "remove":
        if servers.remove(identity):
            granting.give_access(identity, None)
        return {}
    error = _try_and_keep(request, identity)
    return {_field(identity): _NOT_SAVED.format(words=error)} if error else {}


@sensitive_variables("password", "access")
def _try_and_keep(request: HttpRequest, identity: Identity) -> str:
    """What is wrong, in words; empty where the server said yes and all is kept."""
    try:
        connect.password_for(request, identity.account)  # else nothing could be sealed
    except (connect.NeedsPassword, connect.NeedsKey):
        return SIGN_IN_AGAIN
    typed, username = Secret(request.POST.get("password", "")), _typed(request, "username")
    try:
        url = _url_of(servers.allowed_endpoint(_typed_url(request)))
        access = Access(url, username, typed if typed.reveal() else _known(request, identity, url))
        _prove(request, access)
    except SignInRefused as problem:
        return _words_for(problem)
    except (_Wrong, NotAllowed, SubmissionError) as problem:
        if typed.reveal():
            servers.set_aside(request, identity, username, typed)
        return _words_for(problem)
    servers.keep(request, identity, access)
    granting.give_access(identity, access)
    return ""


def _known(request: HttpRequest, identity: Identity, url: str) -> Secret:
    found = servers.find_password(request, identity, url, _typed(request, "username"))
    if found is None:
        raise _Wrong("Type the password for this server and user name.")
    return found


def _prove(request: HttpRequest, access: Access) -> None:
    """One try, counted like a sign-in (T53)."""
    if not access.username or len(access.username) > 254 or "\0" in access.username:
        raise _Wrong("Write the user name that the server knows you by.")
    if "\0" in access.password.reveal():
        raise _Wrong("This cannot be a password.")
    whom = f"{access.username}@{access.host}".lower()[:254]
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    wait = throttle.wait_for(whom, network)
    if wait > timedelta(0):
        minutes = ceil(wait.total_seconds() / 60)
        raise _Wrong(
            f"The server has refused too many passwords. Try again in {minutes} "
            f"{'minute' if minutes == 1 else 'minutes'}."
        )
    try:
        proving.prove(access)
    except SignInRefused:
        throttle.note_failure(whom, network)
        raise
    throttle.forget_failures(whom)


def _words_for(problem: Exception) -> str:
    words = str(problem)
    advice = proving.advice_on(problem) if isinstance(problem, SubmissionError) else ""
    return f"{words if words.endswith('.') else f'{words}.'} {advice}".strip()


# -- what is typed ------------------------------------------------------------------------------


def _field(identity: Identity) -> str:
    return f"{identity.key}-server"


def _typed(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:300]


def _typed_url(request: HttpRequest) -> str:
    """One of the listed, or host and security; a whole URL typed as the host is one."""
    if chosen := _typed(request, "url"):
        return chosen
    host = _typed(request, "host")
    scheme = _SCHEMES.get(_typed(request, "security"), "submissions")
    return host if "://" in host or not host else f"{scheme}://{host}"


def _propose(identity: Identity) -> tuple[str, str]:
    """A URL from the domain's own DNS (RFC 6186), and what to say of it."""
    domain = identity.addr_spec.rpartition("@")[2]
    found = find_submission(domain)
    if found is None:
        return "", f"{domain} does not say by which server its mail is sent. Ask your provider."
    words = f"{domain} names {_words_of(found)}."
    if not f".{found.host}".endswith(f".{domain.lower()}"):
        words += " That is another domain: save it only if it is your provider's."
    return _url_of(found), words


def _parts(url: str) -> tuple[str, str]:
    """Host, with its port where that is not the usual one, and security."""
    if not url:
        return "", "tls"
    try:
        endpoint = parse_endpoint(url, "submission", allow_cleartext=True)
    except ValueError:
        return url, "tls"
    name, _, usual = _SECURITY[endpoint.security]
    return (endpoint.host if endpoint.port == usual else f"{endpoint.host}:{endpoint.port}"), name


def _url_of(endpoint: Endpoint) -> str:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{_SCHEMES[_SECURITY[endpoint.security][0]]}://{host}:{endpoint.port}"


def _current(server: SubmissionServer) -> str:
    words = _words_of(parse_endpoint(server.url, "submission", allow_cleartext=True))
    return f"{words}, by permission as {server.username}" if server.provider else words


def _words_of(endpoint: Endpoint) -> str:
    return f"{endpoint.host} ({_SECURITY[endpoint.security][1]}, port {endpoint.port})"


def _usual_username(identity: Identity) -> str:
    return "" if is_pattern(identity.addr_spec) else identity.addr_spec


def _usual_host(account: Account) -> str:
    try:
        return connect.submission_endpoint(account).host
    except connect.NotConfigured:
        return ""
