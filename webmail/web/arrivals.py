"""Pictures of allowed senders fetched when their mail comes, not when it is opened (T09).

Who asks for a picture at the moment somebody reads tells its host when that was; a fetch
some minutes after the mail came tells nothing.  Only for those who switched it on.
"""

from webmail.accounts import consents
from webmail.accounts.models import Account
from webmail.attachments import remote_pictures
from webmail.index.recent import account_of
from webmail.message.body import read_body
from webmail.message.header import split_fields
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MailStore
from webmail.web.lately import Lately
from webmail.web.pictures import is_surely, sender_of
from webmail.web.reading import FETCH_LIMIT_BYTES, Opened

MOST_PICTURES = 60  # of one message

# After a restart the same are found kept.
lately = Lately("pictures")


def fetch_pictures(mailbox_id: int) -> None:
    """For the mail that came to a mailbox lately."""
    account = Account.objects.filter(pk=account_of(mailbox_id)).select_related("user").first()
    if account is None or not account.user.fetches_on_arrival:
        return
    urls = lately.look(mailbox_id, account, lambda store, refs: _wanted(store, account, refs))
    for url in urls or ():
        remote_pictures.picture(account.user, url)


def _wanted(store: MailStore, account: Account, refs: list[MessageRef]) -> list[str]:
    """The pictures that would be shown if these were opened."""
    user, urls = account.user, []
    for summary in store.summaries(refs):
        senders = summary.envelope.from_
        if len(senders) != 1 or not consents.find_consent(user, senders[0].addr_spec):
            continue
        opened = _opened(store, summary)
        if is_surely(account, opened) and consents.find_consent(user, sender_of(opened)):
            pictures = opened.body.blocked.pictures
            urls += [each.url for each in pictures if not each.tracker][:MOST_PICTURES]
    return list(dict.fromkeys(urls))


def _opened(store: MailStore, summary: MessageSummary) -> Opened:
    body = read_body(
        summary.structure,
        lambda part: b"".join(store.part(summary.ref, part.section, limit_bytes=FETCH_LIMIT_BYTES)),
        cid_url=lambda _: "",
    )
    return Opened(summary, body, split_fields(store.headers(summary.ref)))
