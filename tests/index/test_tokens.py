"""How text becomes words to look for."""

import pytest

from webmail.index.tokens import holds, places_of, tokens_of, wanted_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Re: Boiler service, 12 November", "re boiler service 12 november"),
        ("Åsa Nordvärme <asa.n@nordvarme.example>", "asa nordvarme asa n nordvarme example"),
        ("STRASSE straße Søren İstanbul", "strasse strasse soren istanbul"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("e\u0301te\u0301", "ete"),
        ("東京都庁", "東京 京都 都庁 庁"),
        ("Re: 会議 10時", "re 会議 議 10 時"),
        ("ガイド", "ガイ イド ド"),
        ("カ\u3099イド", "ガイ イド ド"),
        ("전자메일", "전자 자메 메일 일"),
        ("สวัสดี", "สว วั ัส สด ดี ี"),
        ("Привет Ёлка", "привет елка"),
        ("שָׁלוֹם", "שלום"),
        ("🎉 — …", ""),
        ("", ""),
    ],
)
def test_text_is_cut_into_folded_words(text, tokens):
    assert list(tokens_of(text)) == tokens.split()


def test_a_token_never_outgrows_its_room():
    assert max(map(len, tokens_of("x" * 500))) == 40


@pytest.mark.parametrize(
    ("wanted", "tokens"),
    [
        ("Boil", "boil*"),
        ("boiler serv", "boiler serv*"),
        ("asa.n@nordvarme", "asa n nordvarme*"),
        ("京", "京*"),
        ("東京都", "東京 京都"),
        ("re 会議", "re 会議"),
        ("!!!", ""),
    ],
)
def test_what_is_looked_for_may_be_unfinished(wanted, tokens):
    found = [token.text + ("*" if token.is_start else "") for token in wanted_tokens(wanted)]
    assert found == tokens.split()


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("Boiler service is due", "boiler serv", True),
        ("Service of the boiler", "boiler serv", False),
        ("Boilers serve", "boiler serv", False),
        ("Reboiler service", "boiler service", False),
        ("東京都庁", "京都", True),
        ("京の都と東京", "東京京都", False),
        ("jonas@hearth.example", "jonas@hearth.ex", True),
        ("anything", "!!!", False),
    ],
)
def test_words_must_stand_together(text, wanted, expected):
    assert holds(text, wanted) is expected


@pytest.mark.parametrize(
    ("text", "wanted", "marked"),
    [
        ("Re: green Reef", "re", ["Re", "Re"]),
        ("The green", "re", ["re"]),
        ("Réunion à Zürich", "zurich reun", ["Zürich", "Réun"]),
        ("Re\u0301union", "reu", ["Re\u0301u"]),
        ("Straße", "strasse", ["Straße"]),
        ("İstanbul boiler", "istanbul", ["İstanbul"]),
        ("東京都庁", "京都", ["京都"]),
        ("Boiler", "zebra", []),
        ("Boiler", "!!!", []),
    ],
)
def test_the_places_of_words_are_those_of_the_text_as_it_stands(text, wanted, marked):
    assert [text[start:stop] for start, stop in places_of(text, wanted)] == marked
