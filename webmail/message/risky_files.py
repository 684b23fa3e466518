"""Attachments that do something when they are opened, or hide what they are (T20, T32)."""

import re
from collections.abc import Iterable

from webmail.message.bodystructure import Part
from webmail.message.evidence import Evidence, Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PROGRAMS = _words(
    """
    apk app bat chm cmd cpl exe gadget hta img iso jar jse lnk msc msi msp pif ps1 reg scf
    scr vb vbe vbs vhd vhdx wsf wsh xll
    """
)
_MACROS = _words("docm dotm pptm potm ppam ppsm xlam xlsb xlsm xltm")
_PAGES = _words("htm html shtml xhtml svg mht mhtml")
_ARCHIVES = _words("7z ace arj gz rar tgz zip")
_DOUBLE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|rtf|jpe?g|png|gif|txt|csv|mp3|mp4|zip)[\s_.]*\.([a-z0-9]{2,5})",
    re.IGNORECASE,
)
_TURNED = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PASSWORD = re.compile(
    r"\b(?:pass(?:word|code)|passwort|kennwort|lösenord|mot de passe|contraseña|wachtwoord|parola?)"
    r"\b(?:\W+\w+){0,5}?\W*[:=]\s*\S",
    re.IGNORECASE,
)


def evidence_of(parts: Iterable[Part], text: str) -> list[Evidence]:
    """What the attachments' names say; the weightiest only."""
    found = [each for part in parts if (each := _of_part(part, text)) is not None]
    return sorted(found, key=lambda each: -each.weight)[:1]


def _of_part(part: Part, text: str) -> Evidence | None:
    name = part.filename.strip().rstrip(".")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if not ending or _is_signed_structure(part):
        return None
    if _TURNED.search(name):
        return _evidence(100, "The name of an attachment is turned around to hide what it is")
    if (match := _DOUBLE.search(name)) and match[1].lower() == ending and _runs(ending):
        return _evidence(100, f"An attachment looks like a document but is a program (.{ending})")
    if ending in _PROGRAMS:
        return _evidence(60, f"An attachment is a program (.{ending})")
    if ending in _MACROS:
        return _evidence(35, f"An attachment is a document with a program inside (.{ending})")
    if ending in _PAGES and part.disposition == "attachment":
        return _evidence(
            30, f"An attachment is a web page (.{ending}), which can ask for passwords"
        )
    if ending in _ARCHIVES and _PASSWORD.search(text[:20_000]):
        return _evidence(40, "An attachment is locked with a password that came along with it")
    return None


def _is_signed_structure(part: Part) -> bool:
    return part.media_type.endswith("signature")


def _runs(ending: str) -> bool:
    return ending in _PROGRAMS or ending in {"com", "js", "htm", "html"}


def _evidence(weight: int, reason: str) -> Evidence:
    return Evidence(Kind.FILES, weight, f"{reason}.")
