from __future__ import annotations

from excel_client.evidence.accents import Accented, accented_letters
from excel_client.evidence.page_paper import Fonts

GLYPHS = frozenset(map(ord, "abcdilsAZ\u0131\u00b4\u02db\u02c7\u00b8"))


def test_a_letter_is_taken_apart_into_what_the_font_has() -> None:
    letters = accented_letters(GLYPHS)
    assert letters["ą"] == Accented(letter="a", accent="\u02db", is_tall=False)
    assert letters["Ź"] == Accented(letter="Z", accent="\u00b4", is_tall=True)
    assert letters["ď"].is_tall
    assert letters["ǐ"].letter == "\u0131"
    assert "ő" not in letters
    assert "ǭ" not in letters


def test_what_the_font_has_whole_is_drawn_whole() -> None:
    assert "ą" not in accented_letters(GLYPHS | {ord("ą")})


def test_the_embedded_fonts_draw_the_names_of_latin_europe() -> None:
    names = "Zażółć gęślą jaźń ŁÓDŹ Příliš žluťoučký kůň ďábelské Ď Hőség Űr Şişli Iğdir Țară Ķīlis Ėglė"
    for font in (Fonts.embedded().plain, Fonts.embedded().bold):
        assert font.drawable(names) == names
        assert font.width("ą", 10) == font.width("a", 10)


def test_a_code_point_that_a_font_only_claims_to_have_is_not_drawn_as_a_box() -> None:
    assert Fonts.embedded().plain.drawable("\u0110\u2261\uffff") == "<U+0110><U+2261><U+FFFF>"
