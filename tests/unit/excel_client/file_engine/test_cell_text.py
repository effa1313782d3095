from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.problems import TextTooLong
from excel_client.file_engine.xml.cell_text import (
    TEXT_LIMIT,
    escape_text,
    needs_space,
    unescape_text,
)

any_text = st.text(st.characters(codec=None), max_size=60) | st.from_regex(
    r"_x[0-9A-F]{4}_", fullmatch=True
)


@given(any_text)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert unescape_text(escape_text(text)) == text


@given(any_text)
def test_escaped_text_holds_nothing_that_xml_forbids(text: str) -> None:
    escaped = escape_text(text)
    escaped.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f<>\ufffe\uffff]", escaped)


def test_control_characters_are_written_as_excel_writes_them() -> None:
    assert escape_text("a\rb\x00") == "a_x000D_b_x0000_"


def test_a_literal_escape_stays_literal() -> None:
    assert escape_text("_x000D_") == "_x005F_x000D_"
    assert unescape_text("_x005F_x000D_") == "_x000D_"


def test_the_longest_text_is_32767_utf16_units() -> None:
    assert escape_text("x" * TEXT_LIMIT)
    with pytest.raises(TextTooLong):
        escape_text("x" * (TEXT_LIMIT + 1))
    with pytest.raises(TextTooLong):
        escape_text("\U0001f600" * (TEXT_LIMIT // 2 + 1))


def test_outer_spaces_need_to_be_preserved() -> None:
    assert needs_space(" a")
    assert needs_space("a\n")
    assert not needs_space("a b")
