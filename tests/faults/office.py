"""A process that uses the outbox as the web and the workers do, told by JSON lines.

Tests of crashes talk to it over its standard input and output, so that the database may be
SQLite or PostgreSQL and senders may be killed: ``fork`` runs an order in a child that dies
as it is told to, and answers with how it ended.
"""

import json
import logging
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta

from django.core import serializers
from django.core.management import call_command
from django.db import connections
from django.db.models import F, ProtectedError

from tests.faults import weight
from tests.faults.desk import (  # noqa: F401  (orders too)
    attach,
    empty_disk,
    fill_disk,
    forms,
    get,
    hold_lock,
    is_locked,
    links_in,
    open_again,
    open_compose,
    press,
    press_all,
    press_send,
    set_patience,
    texts,
)
from webmail.accounts import vault
from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.index.telling import store_for_worker
from webmail.message.address import Address
from webmail.message.build import Draft, build, new_message_id
from webmail.message.redirect import build_redirect
from webmail.store.mailbox import MessageRef
from webmail.submission import (
    clock,
    draft_copy,
    failpoint,
    frozen,
    granting,
    journal,
    outbox,
    pipeline,
    series,
    smtp,
    states,
    steps,
    tasks,
    words,
)
from webmail.submission import drafts as drafts_
from webmail.submission.models import REDIRECT, Mailing, Outgoing, Series, StoredDraft
from webmail.web import occurrences

log = logging.getLogger(__name__)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TIMES = (
    "send_at",
    "next_attempt_at",
    "lease_until",
    "data_started_at",
    "accepted_at",
    "trying_since",
    "troubled_at",
    "granted_at",
)


def migrate():
    call_command("migrate", verbosity=0)


def reset():
    Outgoing.objects.all().delete()
    Series.objects.all().delete()
    Mailing.objects.all().delete()
    StoredDraft.objects.all().delete()
    for folder in (frozen.folder(), journal.folder()):
        for path in folder.glob("*") if folder.is_dir() else ():
            path.unlink()


def reconnect():
    connections.close_all()


def person(address, password, imap_url, submission_url):
    user, _ = User.objects.get_or_create(address=address)
    account, _ = Account.objects.update_or_create(
        user=user,
        address=address,
        defaults={"imap_url": imap_url, "submission_url": submission_url},
    )
    Identity.objects.get_or_create(account=account, addr_spec=address)
    os.environ[f"PASSWORD_OF_{user.pk}"] = password
    return user.pk


def remove(what, user):
    """What an administrator would do; the error's name where the database forbids it."""
    try:
        {"account": Account, "user": User}[what].objects.filter(
            **({"user": user} if what == "account" else {"pk": user})
        ).delete()
    except ProtectedError as problem:
        return type(problem).__name__
    return ""


def give_password(user, password):
    return granting.give_password(Account.objects.get(user=user), Secret(password))


def make_copy(draft, text):
    """The draft's copy in Drafts, anew with another text."""
    row = StoredDraft.objects.select_related("account").get(key=draft)
    drafts_.save(row, {"text": text}, revision=row.revision)
    row.refresh_from_db()
    message = f"Message-ID: {row.message_id}\r\nSubject: Draft\r\n\r\n{text}\r\n"
    with store_for_worker(row.account, password_of(row.account)) as store:
        draft_copy.mirror(store, row, message.encode())


def draft(user, **fields):
    account = Account.objects.get(user=user)
    fields.setdefault("message_id", new_message_id("hearth.test"))
    return StoredDraft.objects.create(user_id=user, account=account, **fields).key


def queue(user, token=None, to=("ben@hearth.test",), bcc=(), subject="Hello", text="Hi.", **more):
    account = Account.objects.get(user=user)
    written = Draft(
        from_=Address("", account.address),
        to=tuple(Address("", each) for each in to),
        bcc=tuple(Address("", each) for each in bcc),
        subject=subject,
        text=text,
    )
    message_id = new_message_id("hearth.test")
    key = more.pop("draft", None)
    row, created = outbox.queue(
        user=account.user,
        account=account,
        identity=account.identities.first(),
        client_token=uuid.UUID(token) if token else uuid.uuid4(),
        draft=StoredDraft.objects.get(key=key) if key else None,
        built=build(written, message_id=message_id, date=NOON),
        message_id=message_id,
        subject=subject,
        password=password_of(account),
        **{"undo_s": 0} | more,
    )
    return {"id": row.pk, "key": row.key, "created": created}


def redirect(user, original, source, to=("ben@hearth.test",), bcc=()):
    account = Account.objects.get(user=user)
    message_id = new_message_id("hearth.test")
    built = build_redirect(
        original.encode(),
        from_=Address("", account.address),
        to=[Address("", each) for each in to],
        bcc=[Address("", each) for each in bcc],
        message_id=message_id,
        date=NOON,
    )
    row, _ = outbox.queue(
        user=account.user,
        account=account,
        identity=account.identities.first(),
        client_token=uuid.uuid4(),
        draft=None,
        built=built,
        message_id=message_id,
        subject="Redirected",
        password=password_of(account),
        relation=REDIRECT,
        source=MessageRef(*source),
        undo_s=0,
    )
    return row.pk


def password_of(account):
    return Secret(os.environ[f"PASSWORD_OF_{account.user_id}"])


def save_with_file(form, size_bytes):
    browser, action, fields = forms[form]
    answer = browser.post(action, fields | {"do": "save"}, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.content
    fields["revision"] = answer.json()["revision"]
    weight.attach(size_bytes, answer.json()["key"])


def growth_mb(told):
    """The most that this process grew by while it did as told."""
    return weight.growth_mb(lambda: _obey(told))


def rows():
    return [_plain(row) for row in Outgoing.objects.order_by("pk")]


def _plain(row):
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    fields["has_grant"] = bool(fields.pop("send_grant"))
    fields["text"] = words.state_text(row)
    return json.loads(json.dumps(fields, default=str))


def drafts():
    """Without those whose message has left."""
    return list(StoredDraft.objects.filter(has_left=False).values_list("key", flat=True))


def wire(outgoing_id):
    return outbox.wire_bytes(Outgoing.objects.get(pk=outgoing_id)).decode()


def files():
    return sorted(path.name for path in frozen.folder().glob("*"))


def deliver(outgoing_id):
    return pipeline.deliver(outgoing_id)


def deliver_and_finish(outgoing_id):
    if pipeline.deliver(outgoing_id):
        steps.finish(outgoing_id)


def deliver_with(outgoing_id, reply_s, claim_s, data_s):
    """With other times; for a child, whose own they are."""
    smtp.REPLY_S = reply_s
    states.CLAIM_LEASE, states.DATA_LEASE = timedelta(seconds=claim_s), timedelta(seconds=data_s)
    pipeline.deliver(outgoing_id)


def finish(outgoing_id):
    steps.finish(outgoing_id)


def sweep():
    found = pipeline.sweep()
    return {"deliver": found.deliver, "finish": found.finish}


def catch_up():
    """What workers would do in peace: sweep, deliver and finish until nothing is due."""
    for _ in range(10):
        found = pipeline.sweep()
        if not found.deliver and not found.finish:
            return
        for outgoing_id in found.deliver:
            pipeline.deliver(outgoing_id)
        for outgoing_id in found.finish:
            steps.finish(outgoing_id)


def ring_all():
    """What the beat does every 15 s."""
    tasks.sweep()


def tidy():
    pipeline.tidy()


def dump():
    """Every row of the outbox and its files, as a backup keeps them."""
    kept = {path.name: path.read_bytes().hex() for path in frozen.folder().glob("*")}
    return {"rows": serializers.serialize("json", Outgoing.objects.all()), "files": kept}


def repeat(user, hours_ago=0, **more):
    """A message to Ben that repeats every day, the next one due some hours ago."""
    account = Account.objects.get(user=user)
    due = clock.now() - timedelta(hours=hours_ago, seconds=1)
    row = Series(
        user=account.user,
        account=account,
        fields={"to": "ben@hearth.test", "subject": "Again", "text": "Hi."},
        frequency="daily",
        zone="UTC",
        at=due.time(),
        next_on=due.date(),
        next_at=due,
    )
    row.send_grant = vault.seal_grant(row.key, password_of(account))
    for name, value in more.items():
        setattr(row, name, value)
    row.save()
    return row.key


def mailing(user, to, **more):
    """Mails of one list, all due now; their numbers."""
    account = Account.objects.get(user=user)
    row = Mailing.objects.create(
        user=account.user, account=account, client_token=uuid.uuid4(), people="", total=len(to)
    )
    Mailing.objects.filter(pk=row.pk).update(**more)
    return [queue(user, to=[each], mailing=row)["id"] for each in to]


def make_due():
    occurrences.make_due()


def all_series():
    fields = ("key", "state", "next_on", "said", "times_left")
    return json.loads(json.dumps(list(Series.objects.values(*fields)), default=str))


def move_series(days):
    """What repeats and what was made of it, as if so many days had passed."""
    past = timedelta(days=days)
    for row in Series.objects.all():
        day, at = row.next_on - past, row.next_at - past
        Series.objects.filter(pk=row.pk).update(next_on=day, next_at=at)
    for row in Outgoing.objects.exclude(occurrence=None):
        day = row.occurrence - past
        token = row.series.token_of(day)
        Outgoing.objects.filter(pk=row.pk).update(occurrence=day, client_token=token)


def act_on_series(name, user, key):
    return getattr(series, name)(User.objects.get(pk=user), key)


def restore(backup, journal_too):
    """The outbox as it was then; with ``journal_too`` the journal forgets what came later."""
    Outgoing.objects.all().delete()
    for row in serializers.deserialize("json", backup["rows"]):
        row.save()
    for name, content in backup["files"].items():
        (frozen.folder() / name).write_bytes(bytes.fromhex(content))
    for path in journal.folder().glob("*") if journal_too else ():
        path.unlink()


def hold_unsent():
    call_command("hold_unsent", stdout=sys.stderr)


def pass_time(seconds, ids=None):
    """Moves every time of the rows back, which is to them as if time had passed."""
    rows = Outgoing.objects.filter(pk__in=ids) if ids else Outgoing.objects.all()
    past = timedelta(seconds=seconds)
    rows.update(**{name: F(name) - past for name in TIMES})
    Mailing.objects.update(next_at=F("next_at") - past)


def act(name, user, key, **more):
    if more.pop("with_password", False):
        more["password"] = password_of(Account.objects.get(user=user))
    return getattr(outbox, name)(User.objects.get(pk=user), key, **more)


def change(outgoing_id, **fields):
    Outgoing.objects.filter(pk=outgoing_id).update(**fields)


def reseal(outgoing_id, password):
    """Puts another password into the grant, as if it had been changed on the server."""
    row = Outgoing.objects.get(pk=outgoing_id)
    change(outgoing_id, send_grant=vault.seal_grant(row.key, Secret(password)))


def enqueue(outgoing_id, times=1):
    for _ in range(times):
        tasks.deliver.delay(outgoing_id)


def fork(orders, failpoint_name=""):
    """Runs each order in a child of its own, all at once; their exits (-9: killed)."""
    connections.close_all()
    children = [_child(order, failpoint_name) for order in orders]
    return [_exit_of(child) for child in children]


def start_child(told, failpoint_name=""):
    """Runs an order in a child and does not wait; its process id."""
    connections.close_all()
    return _child(told, failpoint_name)


def wait_child(child):
    return _exit_of(child)


def _child(order, failpoint_name):
    child = os.fork()
    if child:
        return child
    os.environ[failpoint.VARIABLE] = failpoint_name
    try:
        _obey(order)
    except Exception:
        log.exception("%s failed in a child", order["do"])
        os._exit(1)
    os._exit(0)


def _exit_of(child):
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _obey(order):
    return globals()[order["do"]](**order.get("with", {}))


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what anything prints goes to the log
    for line in sys.stdin:
        try:
            answer = {"ok": _obey(json.loads(line))}
        except Exception as error:
            log.exception("an order failed")
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
