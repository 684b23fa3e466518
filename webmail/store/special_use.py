"""Which mailbox is Sent, Trash and so on, where no attribute says it (RFC 6154)."""

from collections.abc import Iterable
from dataclasses import replace

from webmail.store.mailbox import MailboxSummary, SpecialUse

# Names other programs gave them, in the languages they ship in; the first found wins.
_NAMES: dict[SpecialUse, tuple[str, ...]] = {
    SpecialUse.DRAFTS: (
        *("drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten"),
        *("rascunhos", "kladder", "utkast", "luonnokset", "szkice", "kopie robocze", "koncepty"),
        *("черновики", "чернетки", "piszkozatok", "taslaklar", "下書き", "草稿", "임시 보관함"),
    ),
    SpecialUse.SENT: (
        *("sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte"),
        *("gesendete elemente", "envoyés", "éléments envoyés", "messages envoyés", "enviados"),
        *("elementos enviados", "inviati", "posta inviata", "verzonden", "verzonden items"),
        *("itens enviados", "sendt", "sendte elementer", "skickat", "lähetetyt", "wysłane"),
        *("odeslané", "отправленные", "надіслані", "elküldött", "gönderilmiş öğeler"),
        *("送信済み", "已发送", "寄件備份", "보낸 편지함"),
    ),
    SpecialUse.ARCHIVE: (
        *("archive", "archives", "archiv", "archivo", "archivio", "archief", "arquivo", "arkiv"),
        *("arkisto", "archiwum", "архив", "архів", "archívum", "arşiv", "アーカイブ", "归档"),
    ),
    SpecialUse.JUNK: (
        *("junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "spamverdacht"),
        *("junk-e-mail", "indésirables", "courrier indésirable", "pourriel", "correo no deseado"),
        *("posta indesiderata", "ongewenste e-mail", "lixo eletrônico", "skräppost", "søppelpost"),
        *("roskaposti", "wiadomości-śmieci", "нежелательная почта", "levélszemét"),
        *("迷惑メール", "垃圾邮件", "스팸"),
    ),
    SpecialUse.TRASH: (
        *("trash", "deleted items", "deleted messages", "deleted", "bin", "papierkorb"),
        *("gelöschte objekte", "gelöschte elemente", "corbeille", "éléments supprimés"),
        *("papelera", "elementos eliminados", "cestino", "posta eliminata", "prullenbak"),
        *("verwijderde items", "lixeira", "papirkurv", "papperskorgen", "roskakori", "kosz"),
        *(
            "koš",
            "корзина",
            "кошик",
            "удаленные",
            "kuka",
            "çöp kutusu",
            "ごみ箱",
            "已删除",
            "휴지통",
        ),
    ),
}


def with_special_uses(
    mailboxes: Iterable[MailboxSummary], *, prefix: str = ""
) -> tuple[MailboxSummary, ...]:
    """The inbox marked, and by their names the uses that no attribute claims.

    Names count at the top, below the inbox, and below the personal namespace ``prefix``.
    """
    marked = [_marked_inbox(mailbox) for mailbox in mailboxes]
    claimed = {mailbox.special_use for mailbox in marked}
    by_name = {
        mailbox.leaf.casefold(): place
        for place, mailbox in reversed(list(enumerate(marked)))
        if mailbox.special_use is None and mailbox.is_selectable and _is_near_top(mailbox, prefix)
    }
    for use, names in _NAMES.items():
        place = next((by_name[name] for name in names if name in by_name), None)
        if use not in claimed and place is not None:
            marked[place] = replace(marked[place], special_use=use)
    return tuple(marked)


def _marked_inbox(mailbox: MailboxSummary) -> MailboxSummary:
    if mailbox.name == "INBOX":
        return replace(mailbox, special_use=SpecialUse.INBOX)
    return mailbox


def _is_near_top(mailbox: MailboxSummary, prefix: str) -> bool:
    return mailbox.parent in ("", "INBOX", prefix.removesuffix(mailbox.delimiter or " "))
