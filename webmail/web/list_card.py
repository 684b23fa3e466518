"""The line that says which mailing list a message came by, and what can be done about it."""

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse

from webmail.message.list_headers import Command, MailingList, read_mailing_list
from webmail.message.one_click import one_click_of
from webmail.web.people import clean
from webmail.web.sheet import Sheet
from webmail.web.trust import authserv_id_of


@dataclass(frozen=True, slots=True)
class Link:
    """``is_ours`` opens a window to write in; else it is a page of somebody else."""

    label: str
    url: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class ListCard:
    """``one_click_host`` takes the request of RFC 8058; empty where nobody vouches for it."""

    name: str
    unsubscribe_url: str
    unsubscribe_address: str
    one_click_host: str
    links: tuple[Link, ...]
    no_posts: bool


def make(sheet: Sheet) -> ListCard | None:
    found = read_mailing_list(sheet.opened.fields)
    if found is None:
        return None
    by_mail = found.by_mail
    page = one_click_for(sheet, found)
    return ListCard(
        name=clean(found.name),
        unsubscribe_url=f"{sheet.url}unsubscribe/" if by_mail or page else "",
        unsubscribe_address=clean(by_mail.address) if by_mail else "",
        one_click_host=clean(page.host) if page else "",
        links=tuple(_links(found)),
        no_posts=found.takes_no_posts,
    )


def one_click_for(sheet: Sheet, found: MailingList) -> Command | None:
    authserv_id = authserv_id_of(sheet.request.account, sheet.opened)
    return one_click_of(found, sheet.opened.fields, authserv_id)


def _links(found: MailingList) -> list[Link]:
    links = []
    if found.by_page is not None:
        label = f"Open the unsubscribe page at {clean(found.by_page.host)}"
        links.append(Link(label, found.by_page.url, is_ours=False))
    for label, commands in (
        ("Write to the list", found.post),
        ("Archive of the list", found.archive),
        ("Help of the list", found.help),
        ("Owner of the list", found.owner),
        ("Subscribe", found.subscribe),
    ):
        links += [_link(label, each) for each in commands[:1]]
    return links


def _link(label: str, command: Command) -> Link:
    if command.address:
        return Link(label, f"{reverse('compose')}?to={quote(command.url, safe='')}", is_ours=True)
    return Link(f"{label} at {clean(command.host)}", command.url, is_ours=False)
