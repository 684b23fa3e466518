"""Whether a letter speaks of a file that comes with it, in the languages of most of Europe and
East Asia; what it quotes does not count."""

import re

from webmail.message.original_header import find_original_header

_WORDS = re.compile(
    r"\b(?:attach(?:ed|ment|ments|ing)|enclosed (?:is|are|you|please|file|document)|see enclosed"
    r"|anhang|anhänge|angehängt\w*|beigefügt\w*|anbei|in der anlage"
    r"|pi[eè]ces? jointes?|ci-joints?|ci-jointes?|en annexe"
    r"|adjunt[oa]s?|archivos? adjuntos?|allegat[oaie]|in allegato|em anexo|anexad[oa]s?"
    r"|bijlagen?|bijgevoegd\w*|bifog\w+|bilag(?:a|an|or|orna|t|et|ene)|vedlagt\w*|vedlegg\w*"
    r"|vedhæft\w*|liitteenä|liitetiedosto\w*|załącz\w+|přílo[hz]\w*|přiložen\w*|melléklet\w*"
    r"|csatolva|csatoltam|вложени\w+|во вложении|прилагаю|приложен\w*|ekte gönder\w*)\b"
    r"|附件|附上|添付|첨부",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"\s*[>|]")


def word_of_file(text: str) -> str:
    """The word that speaks of it, as it was written; empty without one."""
    found = _WORDS.search(own_words(text))
    return found[0] if found else ""


def own_words(text: str) -> str:
    """Without quoted lines, and without the original below an Outlook header."""
    lines = text.splitlines()
    below = find_original_header(lines)
    return "\n".join(
        line for line in lines[: below[0] if below else None] if not _QUOTE.match(line)
    )
