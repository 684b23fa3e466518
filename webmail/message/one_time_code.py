"""The code somebody is sent to type in somewhere: found by the words around it.

A number alone is no code: dates, prices and house numbers look alike.  It has to stand
right after, or on the line after, a word that promises one, in one of twelve languages.
"""

import re

_MAX_TEXT = 20_000
_MAX_BETWEEN = 120

_WORDS = re.compile(
    r"""(?:verification|security|login|log-in|sign-?in|access|authentication|confirmation|one-?time
        |passcode|otp|2fa|pin)[ -](?:code|pin|passcode|password|number)s?
    |\b(?:otp|passcode|one-time\ (?:code|password|pin)|your\ code|code\ is|the\ code|this\ code
        |following\ code|enter\ (?:the\ |this\ )?code|use\ (?:the\ |this\ )?code)\b
    |(?:bestätigungs|sicherheits|anmelde|zugangs|prüf|verifizierungs|einmal)(?:code|kennwort|passwort)
    |ihr\ code|dein\ code|tan\b
    |code\ (?:de\ (?:vérification|sécurité|confirmation|connexion|validation)|à\ usage\ unique)
    |votre\ code
    |código\ (?:de\ (?:verificación|seguridad|acceso|confirmación|verificação|segurança|acesso
        |confirmação)|es)|(?:tu|su|seu)\ código
    |codice\ (?:di\ (?:verifica|sicurezza|accesso|conferma)|monouso)|(?:il\ tuo|il\ suo)\ codice
    |(?:verificatie|beveiligings|bevestigings|inlog|toegangs)code|(?:je|uw)\ code
    |(?:verifierings|säkerhets|engångs|bekräftelse|inloggnings)kod(?:en)?|din\ kod
    |kod\ (?:weryfikacyjny|bezpieczeństwa|dostępu|potwierdzający|jednorazowy)|twój\ kod
    |код\ (?:подтверждения|безопасности|проверки|доступа|для\ входа)|ваш\ код
    |одноразовый\ (?:код|пароль)
    |doğrulama\ kodu|güvenlik\ kodu|onay\ kodu
    |認証コード|確認コード|ワンタイムパスワード|セキュリティコード
    |验证码|驗證碼|校验码|动态密码
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CODE = re.compile(
    r"""(?<![\w.,/:#@&=+%$€£-])
    (?: (?P<prefix>[A-Z]{1,3}-)?(?P<digits>\d{4,8}) | (?P<halves>\d{3}[ -]\d{3,4})
      | (?P<letters>(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,8}) )
    (?![\w@%$€£]|[.,:/-]\d|[ ]?(?:EUR|USD|GBP|SEK|kr|days?|minut|hours?|Uhr))""",
    re.VERBOSE,
)
# Every code has this; without it nobody need look for the words, which takes longer.
_NEEDED = re.compile(r"\d{3}|[A-Z0-9]{5}")
_YEAR = re.compile(r"(?:19|20)\d\d")
# A promise of something else: what they call a code is none to type in now.
_OTHER = re.compile(
    r"(?:promo(?:tion)?|discount|coupon|voucher|gift|post(?:al)?|zip|area|country|error|source|dress"
    r"|bar|qr|booking|order|gutschein|rabatt|tracking|customer)[ -]?$",
    re.IGNORECASE,
)


def find_code(text: str) -> str:
    """The first code of a text as it is to be typed; empty without one."""
    text = text[:_MAX_TEXT]
    if _NEEDED.search(text) is None:
        return ""
    for words in _WORDS.finditer(text):
        if _OTHER.search(text[max(words.start() - 12, 0) : words.start()]):
            continue
        after = text[words.end() : words.end() + _MAX_BETWEEN]
        code = _first_code(after)
        if code:
            return code
        before = text[max(words.start() - 60, 0) : words.start()].rpartition("\n\n")[2]
        if code := _last_code(before):
            return code
    return ""


def _codes(text: str) -> list[str]:
    found = []
    for match in _CODE.finditer(text):
        code = match[0]
        if match["digits"] and not match["prefix"] and _YEAR.fullmatch(code):
            continue
        found.append(code.replace(" ", "") if match["halves"] else code)
    return found


def _first_code(text: str) -> str:
    return next(iter(_codes(text)), "")


def _last_code(text: str) -> str:
    """``123456 is your verification code``: only in the same sentence."""
    sentence = re.split(r"[.!?]\s|\n", text)[-1]
    return next(reversed(_codes(sentence)), "")
