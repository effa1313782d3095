from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.evidence.visible_text import drawable, without_steering

LATIN = frozenset(range(0x20, 0x7F)) | {ord("ü"), ord("é")}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café", "Café"),
        ("Cafe\u0301", "Café"),
        ("中a", "<U+4E2D>a"),
        ("😀", "<U+1F600>"),
        ("a\x07b", "a<U+0007>b"),
        ("two\nlines", "two\nlines"),
        ("no\u00a0break", "no break"),
        ("\u202e12.34", "<U+202E>12.34"),
        ("\uffff", "<U+FFFF>"),
    ],
)
def test_what_a_font_lacks_is_shown_by_its_code_point(text: str, shown: str) -> None:
    assert drawable(text, LATIN) == shown


@given(st.text())
def test_a_page_shows_only_what_its_font_has(text: str) -> None:
    assert all(character == "\n" or ord(character) in LATIN for character in drawable(text, LATIN))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ресторан 中 😀", "Ресторан 中 😀"),
        ("a\x07\ud800", "a<U+0007><U+D800>"),
        ("\u202e12.34\u2069", "<U+202E>12.34<U+2069>"),
        ("\ufffe", "<U+FFFE>"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_a_cell_shows_everything_but_what_steers(text: str, shown: str) -> None:
    assert without_steering(text) == shown
