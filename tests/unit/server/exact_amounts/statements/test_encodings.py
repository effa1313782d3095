"""Which text the bytes of a statement are."""

from __future__ import annotations

import codecs

import pytest

from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.statements.encodings import decode_statement

TEXT = "OFXHEADER:100\n<OFX><NAME>Café Müller \u2013 5 €</OFX>"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        TEXT.encode("cp1252"),
    ],
)
def test_a_text_is_found_whatever_unicode_or_windows_encoding_it_has(content: bytes) -> None:
    assert decode_statement(content) == TEXT


def test_utf8_is_believed_before_a_declared_charset() -> None:
    content = "CHARSET:1252\n<NAME>Café".encode()
    assert decode_statement(content).endswith("Café")


@pytest.mark.parametrize(
    ("declaration", "codec"),
    [
        ("CHARSET:1251\n", "cp1251"),
        ("CHARSET: 1251 \n", "cp1251"),
        ("ENCODING:USASCIICHARSET:1251COMPRESSION:NONE", "cp1251"),
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251"),
        ('<?xml version="1.0" encoding="KOI8-R"?>', "koi8-r"),
        ("ENCODING:ISO-8859-5\nCHARSET:NONE\n", "iso8859-5"),
    ],
)
def test_a_declared_charset_is_used_for_text_that_is_not_utf8(declaration: str, codec: str) -> None:
    content = declaration.encode() + "<NAME>Булочная".encode(codec)
    assert decode_statement(content).endswith("<NAME>Булочная")


@pytest.mark.parametrize(
    "declared", ["utf-7", "rot13", "idna", "no-such-charset", "USASCII", "UTF-8"]
)
def test_a_declared_charset_outside_of_the_table_is_read_as_cp1252(declared: str) -> None:
    content = f'<?xml version="1.0" encoding="{declared}"?><NAME>'.encode() + b"Caf\xe9"
    assert decode_statement(content).endswith("Café")


def test_utf8_cut_in_the_middle_of_a_character_keeps_its_other_characters() -> None:
    content = "<NAME>Crêperie Noël à Zür".encode() + b"\xc3\n<NAME>x"
    assert decode_statement(content).startswith("<NAME>Crêperie Noël à Zür")


def test_bytes_that_no_charset_has_become_replacement_characters() -> None:
    assert decode_statement(b"<NAME>\x81\xe9") == "<NAME>\ufffdé"


def test_damaged_utf16_is_refused_with_its_line() -> None:
    content = codecs.BOM_UTF16_LE + "one\ntwo".encode("utf-16-le") + b"\x00"
    with pytest.raises(StatementRefused) as refused:
        decode_statement(content)
    assert refused.value.line == 2
