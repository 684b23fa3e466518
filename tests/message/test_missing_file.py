"""Who writes of a file that is not there."""

import pytest

from webmail.message.missing_file import word_of_file


@pytest.mark.parametrize(
    "text",
    [
        "The plan is attached.",
        "See the attachment",
        "im Anhang findest du den Plan",
        "Anbei die Rechnung",
        "Vous trouverez en pièce jointe",
        "Te envío el archivo adjunto",
        "In allegato la fattura",
        "Zie bijlage",
        "Jag bifogar planen",
        "Plan on vedlagt",
        "W załączniku plan",
        "Документ во вложении",
        "请看附件",
        "資料を添付します",
        "파일을 첨부합니다",
    ],
)
def test_a_file_is_spoken_of(text):
    assert word_of_file(text)


@pytest.mark.parametrize(
    "text",
    [
        "I am fond of him.",
        "> The plan is attached.\n\nThank you!",
        "Danke\n\n-----Original Message-----\nim Anhang",
        "Die Anlage steht im Wald",
    ],
)
def test_a_file_is_not(text):
    assert word_of_file(text) == ""
