"""Web Push: who is told, of what, by which push services, and what they can read (T81)."""

import ipaddress
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import Retry
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from tests.lab.authority import make_authority
from tests.lab.pages import Pages
from webmail.accounts.models import User
from webmail.index import sync
from webmail.outbound import tls_context
from webmail.outbound_fetch import RULES
from webmail.push import endpoints, notifying, subscriptions, tasks
from webmail.push.encrypted import base64url, point_of, unbase64url
from webmail.push.models import Kind, PushChoice, PushSubscription, VapidKey
from webmail.web import mail_arrivals

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
    rings = []
    monkeypatch.setattr(tasks.app, "send_task", lambda name, args, **_: rings.append((name, args)))
    monkeypatch.setattr(
        tasks.notify_browser,
        "apply_async",
        lambda args, **_: notifying.deliver(args[0], Kind(args[1])),
    )
    return rings


def turn_on(mara, fields):
    asked = {"accept": "application/json", "user-agent": FIREFOX}
    return mara.post(PAGE, fields, headers=asked).json()["errors"]


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


def test_a_push_service_gets_what_only_the_browser_can_read(mara, browser, service, rung):
    """T81: and the browser reads of what kind it is, and no more."""
    turn_on(mara, browser.fields(service.endpoint))
    tasks.notify(User.objects.get().pk, "failed")
    ((path, head),) = service.asked
    assert path == "/p/1"
    assert json.loads(browser.read(service.forms[0])) == {"kind": "failed"}
    assert (head["Content-Encoding"], head["TTL"]) == ("aes128gcm", "86400")
    assert "failed" not in head["Topic"]
    tasks.notify(User.objects.get().pk, "due")
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
    assert len(subscriptions.claim(user.pk, Kind.MAIL)) == 1
    assert len(subscriptions.claim(user.pk, Kind.MAIL)) == 0
    assert len(subscriptions.claim(user.pk, Kind.FAILED)) == 1
    assert len(subscriptions.claim(user.pk, Kind.DUE)) == 0, "not wanted"
    PushChoice.objects.update(mail_at=timezone.now() - timedelta(seconds=61))
    assert len(subscriptions.claim(user.pk, Kind.MAIL)) == 1


def test_failures_and_reminders_are_chosen_from_the_start_and_mail_is_not(mara, browser):
    turn_on(mara, browser.fields())
    user = User.objects.get()
    told = [kind for kind in Kind if len(subscriptions.claim(user.pk, kind))]
    assert told == [Kind.FAILED, Kind.DUE]
    mara.post(PAGE, {"mail": "1"})
    choice = PushChoice.objects.get()
    assert (choice.failed, choice.due, choice.mail) == (False, False, True)


@pytest.mark.parametrize(
    ("mailbox", "wanted", "rings"), [("INBOX", True, 1), ("INBOX", False, 0), ("Archive", True, 0)]
)
def test_new_mail_in_the_inbox_rings_for_whoever_wants_it(
    mara, store, browser, rung, mailbox, wanted, rings
):
    mail_arrivals.lately.forget_all()
    turn_on(mara, browser.fields())
    mara.post(PAGE, {"mail": "1" if wanted else ""})
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url(mailbox))
    sync.reconcile(store, account.pk, mailbox)
    store.append(mailbox, LETTER, internal_date=datetime.now(UTC))
    row = sync.reconcile(store, account.pk, mailbox)
    for _ in range(2):
        mail_arrivals.tell_new_mail(row.pk)
    assert rung == [("push.notify", (account.user_id, "mail"))] * rings


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


@pytest.mark.parametrize(("retries", "waits_s"), [(0, 20), (1, 80), (2, 320), (3, 1280), (4, None)])
def test_a_busy_service_is_asked_four_times_more_over_half_an_hour(monkeypatch, retries, waits_s):
    def deliver(*_):
        raise notifying.TryLater("503")

    waits = []
    monkeypatch.setattr(notifying, "deliver", deliver)
    task = tasks.notify_browser
    monkeypatch.setattr(task, "retry", lambda countdown: waits.append(countdown) or Retry())
    task.push_request(retries=retries)
    try:
        with pytest.raises(Retry) if waits_s else nullcontext():
            task.run(1, "mail")
    finally:
        task.pop_request()
    assert waits == ([waits_s] if waits_s else [])
