"""One-time codes: found where one is promised, and nowhere else."""

import time

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.one_time_code import find_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your verification code is 482913.", "482913"),
        ("482913 is your verification code.", "482913"),
        ("Use this code to sign in:\n\n    739 204\n\nIt ends in 10 minutes.", "739204"),
        ("Enter the code below:\nG-553201", "G-553201"),
        ("Your one-time passcode: K7XQ2P", "K7XQ2P"),
        ("OTP: 4021", "4021"),
        ("Ihr Bestätigungscode lautet 904113", "904113"),
        ("Votre code de vérification est 551 902", "551902"),
        ("Tu código de verificación es 77120", "77120"),
        ("Il tuo codice di verifica è 318844", "318844"),
        ("Seu código de acesso: 902211", "902211"),
        ("Je verificatiecode is 665412", "665412"),
        ("Din engångskod är 8812", "8812"),
        ("Twój kod weryfikacyjny: 120987", "120987"),
        ("Ваш код подтверждения: 654321", "654321"),
        ("Doğrulama kodu: 330912", "330912"),
        ("認証コード：583920", "583920"),
        ("您的验证码是 240871，五分钟内有效", "240871"),
    ],
)
def test_a_code_is_found_in_the_languages_it_comes_in(text, code):
    assert find_code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Is there any firewood? I need 1200 kg by 2026.",
        "Use promo code SAVE20 before Friday.",
        "Your discount code: SPRING25",
        "The code of conduct was written in 2019.",
        "Your verification code was sent to your phone.",
        "My postal code is 90320.",
        "Call +46 70 123 45 67 if the access code does not work.",
        "The source code is at https://example.org/code/123456",
        "",
    ],
)
def test_other_numbers_are_no_codes(text):
    assert find_code(text) == ""


def test_looking_for_a_code_takes_no_longer_in_hostile_text():
    started = time.process_time()
    for hostile in (
        "code " * 9000,
        "1" * 50_000,
        "your code " + "A1" * 9000,
        "verification " * 5000,
    ):
        find_code(hostile)
    assert time.process_time() - started < 1


def test_ordinary_mail_holds_hardly_any():
    paths = sorted(SHARED_CORPUS.glob("messages/plain-*.eml"))
    texts = [read(path.read_bytes())[1].text for path in paths[::2]]
    found = [code for text in texts if (code := find_code(text[:5000]))]
    assert len(found) <= len(texts) // 50
