"""Words that hurry a reader to pay or to sign in.  They add to other evidence, no more."""

import re

_MOST = 4000
_HURRY = re.compile(
    r"""
    \b(?: within\ (?:24|48|72)\ hours | (?:24|48)\ hours | immediate(?:ly)? | urgent(?:ly)?
    | final\ (?:notice|warning|reminder) | last\ reminder | will\ be\ (?:closed|suspended|locked
    |deactivated|terminated|deleted|blocked) | has\ been\ (?:suspended|locked|limited|blocked
    |restricted|disabled) | unusual\ (?:sign.?in|activity|login) | unauthori[sz]ed
    | sofort | umgehend | dringend | gesperrt | innerhalb\ von\ \d+\ stunden | letzte\ mahnung
    | omedelbart | brådskande | spärra[ts] | inom\ \d+\ timmar | sista\ påminnelse
    | immédiatement | suspendu | sous\ \d+\ heures | inmediatamente | suspendida )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WANT = re.compile(
    r"""
    \b(?: verify\ (?:your|the) | confirm\ (?:your|my|the)\ (?:account|identity|details|payment
    |information|address|password) | update\ your\ (?:account|payment|billing|password
    |information) | (?:log|sign)\ in\ (?:to|now|here|below) | password | wire\ transfer
    | bank\ (?:details|account|transfer) | gift\ cards? | iTunes\ cards? | bitcoins? | iban
    | invoice | payment | refund | inheritance | million\ (?:dollars|usd|euros?) | lottery
    | kontodaten | überweis\w+ | passwort | zahlung | rechnung | bestätigen\ sie
    | bankuppgifter | lösenord | betalning | bekräfta | virement | mot\ de\ passe
    | transferencia | contraseña )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def presses(subject: str, text: str) -> bool:
    """Whether it wants money or secrets, and at once."""
    said = f"{subject}\n{text[:_MOST]}"
    return bool(_HURRY.search(said)) and bool(_WANT.search(said))
