"""Web Push: who is told, of what, by which push services, and what they can read (T81)."""

import ipaddress
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from tests.lab.authority import make_authority
from tests.lab.pages import Pages
from tests.web.conftest import ADDRESS
from webmail.accounts.models import User
from webmail.index import sync
from webmail.outbound import tls_context
from webmail.outbound_fetch import RULES
from webmail.push import endpoints, notifying, owing, subscriptions, tasks
from webmail.push.encrypted import base64url, point_of, unbase64url
from webmail.push.models import Kind, PushChoice, PushNotice, PushSubscription, VapidKey
from webmail.submission.models import Outgoing, State
from webmail.web import failure_news, mail_arrivals

pytestmark = pytest.mark.django_db
BUILT = settings.BASE_DIR / "static" / "built"
PAGE = "/settings/notifications/"
MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/gAAA"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LETTER = (
    b"From: jonas@hearth.example\r\nTo: mara@hearth.example\r\nSubject: Soup\r\n\r\nAt noon.\r\n"
)


class Browser:
    """The keys of one, and what it makes of a message (RFC 8291, section 3)."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.point = point_of(self.private.public_key())
        self.auth = b"sixteen octets.."

    def fields(self, endpoint=MOZILLA):
        keys = {"p256dh": base64url(self.point), "auth": base64url(self.auth)}
        return {"do": "turn-on", "endpoint": endpoint, **keys}

    def read(self, octets):
        salt, point, sealed = octets[:16], octets[21:86], octets[86:]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.private.exchange(ec.ECDH(), theirs)
        material = derive(shared, self.auth, b"WebPush: info\0" + self.point + point, 32)
        key = derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derive(material, salt, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02")
        return plain[:-1]


def derive(material, salt, info, length):
    return HKDF(hashes.SHA256(), length, salt=salt, info=info).derive(material)


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def service(tmp_path_factory, monkeypatch, settings):
    """A push service on a socket, with TLS, that plays one of the Internet."""
    authority = make_authority(tmp_path_factory.mktemp("authority"))
    pages = Pages(certificate=authority.wrong_host)  # made out to elsewhere.example
    internet = ipaddress.ip_address(pages.host)
    rules = replace(
        RULES,
        resolve=lambda _: [pages.host],
        may_connect=lambda address: address == internet,
        ports=frozenset({pages.port}),
        tls=tls_context(str(authority.ca_file)),
    )
    monkeypatch.setattr(notifying, "rules", rules)
    monkeypatch.setattr(endpoints, "HTTPS", rules.ports)
    settings.WEBMAIL_PUSH_SERVICES = ("elsewhere.example",)
    pages.answers["/p/1"] = (201, {}, b"")
    pages.endpoint = f"https://elsewhere.example:{pages.port}/p/1"
    yield pages
    pages.close()


@pytest.fixture
def rung(monkeypatch):
    """The notices that a worker was rung for."""
    rings = []
    ring = tasks.notify_browser
    monkeypatch.setattr(ring, "apply_async", lambda args, **_: rings.append(args[0]))
    return rings


def turn_on(mara, fields):
    asked = {"accept": "application/json", "user-agent": FIREFOX}
    return mara.post(PAGE, fields, headers=asked).json()["errors"]


def tell(user, kind):
    """All that a worker does, without the hints between."""
    for notice_id in owing.owe(user.pk, kind):
        tasks.notify_browser(notice_id)


def time_passes(**of):
    PushNotice.objects.update(next_at=timezone.now() - timedelta(**of))


def test_it_is_off_and_says_who_carries_it(mara):
    page = mara.get(PAGE).content.decode()
    assert "No browser is on." in page
    assert "Turning notifications on needs JavaScript" in page
    assert "somebody else than this server" in page
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "x", "http://fcm.googleapis.com/a", "https://example.org/a", "https://127.0.0.1/a"),
        *("https://fcm.googleapis.com:8443/a", "https://fcm.googleapis.com@evil.example/a"),
        *("https://fcm.googleapis.com.evil.example/a", "https://evil.example/fcm.googleapis.com"),
        *("https://xpush.apple.com/a", "https://push.apple.com/a", "https://[::1]/a"),
        *("https://a:b@fcm.googleapis.com/a", "https://fcm.googleapis.com\\@evil.example/a"),
        *("https://notify.windows.com.evil.example/", "javascript:alert(1)", "https://2130706433/"),
        "https://fcm.googleapis.com/" + "a" * 1000,
    ],
)
def test_t81_an_endpoint_of_no_push_service_is_refused(mara, browser, endpoint):
    assert "not allowed here" in turn_on(mara, browser.fields(endpoint))["form"]
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        *(MOZILLA, "https://fcm.googleapis.com/fcm/send/a:b", "https://web.push.apple.com/Q"),
        "https://wns2-par02p.notify.windows.com/w/?token=a%2b",
    ],
)
def test_the_push_services_of_the_browsers_are_known(mara, browser, endpoint):
    assert turn_on(mara, browser.fields(endpoint)) == {}
    row = PushSubscription.objects.get()
    assert (row.name, row.endpoint) == ("Firefox on Linux", endpoint)
    assert "Firefox on Linux (this browser)" in mara.get(PAGE).content.decode()


def test_t81_an_administrator_can_forbid_it_altogether(mara, browser, settings):
    settings.WEBMAIL_PUSH_SERVICES = ()
    assert "not allowed here" in turn_on(mara, browser.fields())["form"]
    assert "turned off for this Hearth" in mara.get(PAGE).content.decode()


def test_twenty_browsers_are_the_most(mara, browser):
    for number in range(20):
        assert turn_on(mara, browser.fields(f"{MOZILLA}{number}")) == {}
    assert "20 browsers" in turn_on(mara, browser.fields(f"{MOZILLA}x"))["form"]
    assert turn_on(mara, browser.fields(f"{MOZILLA}3")) == {}


def test_only_its_owner_can_remove_a_browser(mara, browser):
    stranger = User.objects.create(address="jonas@hearth.example")
    row = PushSubscription.objects.create(user=stranger, endpoint=MOZILLA)
    assert mara.post(PAGE, {"do": "remove", "browser": row.key}).status_code == 422
    assert PushSubscription.objects.count() == 1
    stranger.delete()
    assert not PushSubscription.objects.exists()


def test_a_browser_that_signs_out_hears_nothing_more(mara, browser):
    turn_on(mara, browser.fields())
    other = PushSubscription.objects.create(user=User.objects.get(), endpoint=f"{MOZILLA}2")
    mara.post("/sign-out/")
    assert list(PushSubscription.objects.all()) == [other]


@pytest.mark.parametrize("end", ["it ran out", "it is 30 days old"])
def test_a_browser_whose_session_only_ended_is_on_for_the_same_person(mara, browser, end):
    """T61, T81: and for nobody else who signs in there."""
    turn_on(mara, browser.fields())
    expire(mara, end)
    assert sign_in(mara, "jonas@hearth.example").status_code == 303
    page = mara.get(PAGE).content.decode()
    assert "(this browser)" not in page
    assert "push" not in mara.session
    assert "data-stale" not in page, "the browser keeps what is not his"
    mara.post("/sign-out/")
    assert PushSubscription.objects.get().user.address == ADDRESS
    assert sign_in(mara, ADDRESS).status_code == 303
    page = mara.get(PAGE).content.decode()
    assert "Firefox on Linux (this browser)" in page
    assert "Turn on here" not in page
    mara.post("/sign-out/")
    assert not PushSubscription.objects.exists()
    sign_in(mara, ADDRESS)
    assert "data-stale" in mara.get(PAGE).content.decode(), "the browser forgets it too"


def expire(reader, how):
    if how == "it ran out":
        Session.objects.all().delete()
        return
    session = reader.session
    session["signed_in_at"] = 1
    session.save()
    assert reader.get(PAGE).status_code == 302
    assert PushSubscription.objects.exists()


def sign_in(reader, address):
    return reader.post("/sign-in/", {"address": address, "password": "secret"})


def test_a_push_service_gets_what_only_the_browser_can_read(mara, browser, service):
    """T81: and the browser reads of what kind it is, and no more."""
    turn_on(mara, browser.fields(service.endpoint))
    tell(User.objects.get(), Kind.FAILED)
    ((path, head),) = service.asked
    assert path == "/p/1"
    assert json.loads(browser.read(service.forms[0])) == {"kind": "failed"}
    assert (head["Content-Encoding"], head["TTL"]) == ("aes128gcm", "86400")
    assert "failed" not in head["Topic"]
    tell(User.objects.get(), Kind.DUE)
    assert len(service.forms[0]) == len(service.forms[1]), "the length tells no kind"
    check_vapid(head["Authorization"], service)


def check_vapid(field, service):
    """RFC 8292, sections 2 and 3."""
    assert field.startswith("vapid t=")
    token, _, key = field.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    octets = unbase64url(signature)
    r, s = (int.from_bytes(half, "big") for half in (octets[:32], octets[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(key))
    signed = f"{head}.{claims}".encode()
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    told = json.loads(unbase64url(claims))
    assert told["aud"] == f"https://elsewhere.example:{service.port}"
    assert 0 < told["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600
    assert VapidKey.objects.count() == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_its_service_forgot_is_removed(mara, browser, service, status):
    turn_on(mara, browser.fields(service.endpoint))
    service.answers["/p/1"] = (status, {}, b"")
    notifying.deliver(PushSubscription.objects.get().pk, Kind.MAIL)
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_is_busy_is_asked_again_later(mara, browser, service, status):
    turn_on(mara, browser.fields(service.endpoint))
    service.answers["/p/1"] = (status, {}, b"")
    with pytest.raises(notifying.TryLater):
        notifying.deliver(PushSubscription.objects.get().pk, Kind.MAIL)
    assert PushSubscription.objects.exists()


def test_t81_a_service_taken_off_the_list_is_not_asked_and_a_redirect_is_not_followed(
    mara, browser, service, settings
):
    turn_on(mara, browser.fields(service.endpoint))
    row = PushSubscription.objects.get()
    service.answers["/p/1"] = (307, {"Location": "/p/2"}, b"")
    notifying.deliver(row.pk, Kind.MAIL)
    assert [path for path, _ in service.asked] == ["/p/1"]
    settings.WEBMAIL_PUSH_SERVICES = ("fcm.googleapis.com",)
    notifying.deliver(row.pk, Kind.MAIL)
    assert len(service.asked) == 1


def test_one_of_a_kind_is_said_in_a_minute(mara, browser):
    turn_on(mara, browser.fields())
    user = User.objects.get()
    subscriptions.choose(user, failed=True, due=False, mail=True)
    assert len(owing.owe(user.pk, Kind.MAIL)) == 1
    assert len(owing.owe(user.pk, Kind.MAIL)) == 0
    assert len(owing.owe(user.pk, Kind.FAILED)) == 1
    assert len(owing.owe(user.pk, Kind.DUE)) == 0, "not wanted"
    PushChoice.objects.update(mail_at=timezone.now() - timedelta(seconds=61))
    assert len(owing.owe(user.pk, Kind.MAIL)) == 1


def test_what_fails_within_the_minute_is_told_when_it_is_over(mara, browser, service):
    turn_on(mara, browser.fields(service.endpoint))
    for _ in range(2):
        tell(User.objects.get(), Kind.FAILED)
    assert len(service.asked) == 1
    wait = PushNotice.objects.get().next_at - timezone.now()
    assert timedelta(seconds=50) < wait <= timedelta(seconds=60)
    time_passes(seconds=1)
    for notice_id in owing.due():
        tasks.notify_browser(notice_id)
    assert len(service.asked) == 2
    assert not PushNotice.objects.exists()


def test_a_browser_is_told_though_the_worker_that_should_died(mara, browser, service, rung):
    """At each place where one can: before the hint, and while it asked."""
    turn_on(mara, browser.fields(service.endpoint))
    account = User.objects.get().accounts.get()
    outgoing = Outgoing.objects.create(
        **{"user": account.user, "account": account, "client_token": uuid.uuid4()},
        **{"size_bytes": 1, "send_at": timezone.now(), "state": State.FAILED, "untold": True},
    )
    with transaction.atomic():
        failure_news.tell_all()
    assert not Outgoing.objects.filter(untold=True).exists()
    failure_news.tell_all()
    (notice_id,) = owing.due()
    assert owing.take(notice_id), "and its worker is gone"
    tasks.notify_browser(notice_id)
    assert not service.asked, "nobody else while it may be asking"
    time_passes(seconds=1)
    tasks.sweep()
    assert rung == [notice_id]
    tasks.notify_browser(notice_id)
    assert json.loads(browser.read(service.forms[0])) == {"kind": "failed"}
    assert not PushNotice.objects.exists()
    assert outgoing.user.push_subscriptions.count() == 1


def test_what_comes_while_a_browser_is_told_is_told_too(mara, browser):
    turn_on(mara, browser.fields())
    user = User.objects.get()
    taken = owing.take(*owing.owe(user.pk, Kind.FAILED))
    owing.owe(user.pk, Kind.FAILED)
    owing.settle(taken)
    assert PushNotice.objects.get().tries == 0


def test_failures_and_reminders_are_chosen_from_the_start_and_mail_is_not(mara, browser):
    turn_on(mara, browser.fields())
    user = User.objects.get()
    told = [kind for kind in Kind if owing.owe(user.pk, kind)]
    assert told == [Kind.FAILED, Kind.DUE]
    mara.post(PAGE, {"mail": "1"})
    choice = PushChoice.objects.get()
    assert (choice.failed, choice.due, choice.mail) == (False, False, True)


@pytest.mark.parametrize(
    ("mailbox", "wanted", "rings"), [("INBOX", True, 1), ("INBOX", False, 0), ("Archive", True, 0)]
)
def test_new_mail_in_the_inbox_rings_for_whoever_wants_it(
    mara, store, browser, rung, django_capture_on_commit_callbacks, mailbox, wanted, rings
):
    mail_arrivals.lately.forget_all()
    turn_on(mara, browser.fields())
    mara.post(PAGE, {"mail": "1" if wanted else ""})
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url(mailbox))
    sync.reconcile(store, account.pk, mailbox)
    store.append(mailbox, LETTER, internal_date=datetime.now(UTC))
    row = sync.reconcile(store, account.pk, mailbox)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            mail_arrivals.tell_new_mail(row.pk)
    assert rung == list(PushNotice.objects.values_list("pk", flat=True))
    assert [each.kind for each in PushNotice.objects.all()] == ["mail"] * rings


def test_the_service_worker_keeps_and_answers_nothing(mara):
    answer = mara.get("/service-worker.js")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    script = answer.content.decode()
    # Of all scripts an installation has the built ones only.
    names = json.loads((BUILT / "manifest.json").read_text())
    assert script == (BUILT / names["service_worker.js"]).read_text()
    assert "fetch" not in script
    assert "caches" not in script


def test_another_key_file_makes_a_new_key_and_removes_all_browsers(mara, browser):
    """What was turned on for the old key would never be taken again (RFC 8292, section 4)."""
    turn_on(mara, browser.fields())
    mara.get(PAGE)
    VapidKey.objects.update(sealed=b"sealed by another key file")
    page = mara.get(PAGE)
    assert page.status_code == 200
    assert "No browser is on." in page.content.decode()
    assert not PushSubscription.objects.exists()
    assert turn_on(mara, browser.fields()) == {}
    assert mara.get(PAGE).context["public_key"] == page.context["public_key"]
    assert PushSubscription.objects.exists()


def test_a_busy_service_is_asked_four_times_more_over_half_an_hour(mara, browser, monkeypatch):
    def deliver(*_):
        raise notifying.TryLater("503")

    turn_on(mara, browser.fields())
    monkeypatch.setattr(notifying, "deliver", deliver)
    waits = []
    tell(User.objects.get(), Kind.FAILED)
    while notice := PushNotice.objects.first():
        waits.append(round((notice.next_at - timezone.now()).total_seconds()))
        time_passes(seconds=1)
        tasks.notify_browser(notice.pk)
    assert waits == [30, 90, 300, 1200]
