"""Who writes in another language is known to, and English, however broken, is taken for English."""

from __future__ import annotations

import pytest

from bench.bank import questions
from content.languages import default_languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Dzien dobry, czy moge miec tlumacza na spotkanie?", "polish"),
        ("czy oni zabiora mi dziecko", "polish"),
        ("nu inteleg ce este aceasta intalnire", "romanian"),
        ("je ne comprends pas la lettre des services sociaux", "french"),
        ("no entiendo la carta, pueden quitar mis hijos?", "spanish"),
        ("eu não falo inglês e preciso de ajuda", "portuguese"),
        ("non capisco la lettera, possono portare via i miei bambini", "italian"),
        ("ingilizce bilmiyorum tercüman istiyorum", "turkish"),
        ("nuk flas anglisht", "albanian"),
        ("mujhe samajh nahi aa raha yeh meeting kya hai, social worker mere bachay le jaye gi?", "urdu_in_latin"),
        ("میرے بچوں کی میٹنگ ہے مجھے مترجم چاہیے", "urdu"),
        ("لا أفهم هذه الرسالة", "arabic"),
        ("я не розумію цей лист", "ukrainian"),
        ("вы можете мне помочь? мы не понимаем", "russian"),
        ("我看不懂这封信", "chinese"),
        ("what is a core group", None),
        ("i no speak good english what is conference", None),
        ("me husband is polish can he have a tlumacz", None),
        ("ok", None),
        ("", None),
        ("???", None),
        ("no", None),
    ],
)
def test_the_language_is_told(text: str, language: str | None) -> None:
    assert default_languages().of(text) == language


def test_no_question_of_the_bank_is_taken_for_another_language() -> None:
    assert [question.text for question in questions() if default_languages().of(question.text)] == []


def test_every_language_names_999_and_the_english_word_to_ask_with() -> None:
    for name, language in default_languages().known.items():
        assert "999" in language.says, name
        assert "interpreter" in language.says.lower(), name
