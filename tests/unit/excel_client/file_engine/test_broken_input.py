"""What no spreadsheet program writes is refused by name, or left as it is, wherever it turns up."""

from __future__ import annotations

import pytest

from excel_client.file_engine.formulas.formula_references import replace_references
from excel_client.file_engine.formulas.formula_text import move_references, to_file
from excel_client.file_engine.formulas.references import STORED_FORMULA_LIMIT, Area
from excel_client.file_engine.problems import FileEngineProblem, PackageDamaged
from excel_client.file_engine.sheet.sheet_rows import SheetRows
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.xml_spans import as_utf8, read_tree, whole_number

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_of(rows: bytes) -> bytes:
    return b'<worksheet xmlns="%b"><sheetData>%b</sheetData></worksheet>' % (MAIN, rows)


@pytest.mark.parametrize("sign", ["@", "-", "+", "%"])
def test_signs_without_end_are_no_formula(sign: str) -> None:
    formula = f"1{sign * 3000}" if sign == "%" else f"{sign * 3000}A1"
    with pytest.raises(FileEngineProblem):
        to_file(formula)
    assert to_file("--A1%+-+1") == "--A1%+-+1"


def test_a_formula_longer_than_any_is_left_as_it_is() -> None:
    formula = "A1+" * STORED_FORMULA_LIMIT
    assert move_references(formula, 1, 1) is formula
    assert replace_references(formula, lambda _reference: "B2") is formula
    assert move_references("A1+[a]", 1, 1) == "B2+[a]"


@pytest.mark.parametrize(
    "data",
    [
        "Caf\u00e9".encode("latin-1"),
        b"\xed\xa0\x80",
        b"a" * (2**20 - 1) + b"\xc3",
        b"\xc3",
        b'<?xml version="1.0" encoding="us-ascii"?><a>\xff</a>',
    ],
)
def test_what_is_not_utf_8_is_damaged(data: bytes) -> None:
    with pytest.raises(PackageDamaged):
        as_utf8(data, "part")


def test_a_character_may_lie_across_two_pieces() -> None:
    data = b"a" * (2**20 - 1) + "\u00e9".encode()
    assert as_utf8(data, "part") is data


def test_a_number_that_is_none_is_damage() -> None:
    element = read_tree(b'<a x="7" y="seven"/>', "part")
    assert whole_number(element, "x", "part") == 7
    assert whole_number(element, "z", "part", "3") == 3
    for name in ("y", "z"):
        with pytest.raises(PackageDamaged):
            whole_number(element, name, "part")


@pytest.mark.parametrize(
    "rows",
    [
        b"<row>" * 10_000,
        b"<row " * 10_000,
        b"<!--" * 10_000,
        b"<!-- <row/>",
        b"<?" * 10_000,
        b"<![CDATA[" * 10_000,
        b"<row><c></row>",
    ],
)
def test_rows_that_do_not_end_are_damaged(rows: bytes) -> None:
    with pytest.raises(PackageDamaged):
        SheetRows(sheet_of(rows), "sheet").parts(1)


def test_a_dimension_that_becomes_longer_moves_what_stands_behind_it() -> None:
    head = b'<worksheet xmlns="%b"><dimension ref="A1"/>' % MAIN
    tail = b'<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>'
    around = SheetSurroundings(head, tail, "sheet")
    around.cover(Area(1, 1, 1000, 30))
    merges = around.root.find("mergeCells")
    assert merges is not None
    assert around.whole[merges.start : merges.end] == tail.removesuffix(b"</worksheet>")
    dimension = around.root.find("dimension")
    assert dimension is not None
    assert dimension.attributes["ref"] == "A1:AD1000"
    around.put_children("mergeCells", b"")
    assert around.tail == b"</worksheet>"
