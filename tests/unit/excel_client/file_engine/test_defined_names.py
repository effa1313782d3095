"""Names: which are allowed, how they are stored, and what they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.formulas.sheet_prefixes import quoted
from excel_client.file_engine.problems import NameRefused
from excel_client.file_engine.storage.blank_workbook import blank_workbook
from excel_client.file_engine.storage.saving import BackupPolicy, FileStore
from excel_client.file_engine.workbook.defined_names import (
    area_of,
    judge_name,
    listed_names,
    put_name,
    remove_name,
    split_sheet,
    stored_formula,
)
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.workbook_part import DefinedName

SHEET_NAMES = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="\\/?*[]:'"), min_size=1, max_size=31
)


@pytest.fixture
def document() -> Document:
    store = FileStore(backups=BackupPolicy())
    return Document(blank_workbook(), path=None, state=None, store=store)


@pytest.mark.parametrize(
    "name", ["Rate", "_x", "\\a", "Größe.2?", "XFE1", "A1048577", "R1C1x", "été"]
)
def test_excels_names_are_names(document: Document, name: str) -> None:
    judge_name(document, name)


@pytest.mark.parametrize(
    "name",
    ["", "A1", "xfd7", "R", "c", "rC", "R2C3", "true", "a b", "1a", "?a", "a!b", "a-b", "_xlnm.Print_Area", "x" * 256],
)  # fmt: skip
def test_addresses_and_odd_words_are_none(document: Document, name: str) -> None:
    with pytest.raises(NameRefused):
        judge_name(document, name)


@given(SHEET_NAMES, st.sampled_from(["A1", "$B$2:$C$9", "A:C", "Rate"]))
def test_a_sheet_before_an_address_is_found_again(sheet: str, address: str) -> None:
    assert split_sheet(f"{quoted(sheet)}!{address}") == (sheet, address)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("=A1", "'My sheet'!A1"),
        ("=$A$1:$B$2", "'My sheet'!$A$1:$B$2"),
        ("=Other!A1+B2*Rate", "Other!A1+'My sheet'!B2*Rate"),
        ('=CONCAT("A1",A1)', "_xlfn.CONCAT(\"A1\",'My sheet'!A1)"),
        ("=0.5", "0.5"),
        ('say "x"', '"say ""x"""'),
        (3, "3"),
        (True, "TRUE"),
    ],
)
def test_what_a_name_stands_for_is_stored_with_its_sheet(given: object, stored: str) -> None:
    assert stored_formula(given, "My sheet") == stored


@pytest.mark.parametrize("given", ["", "=", "=\x01", None, "x" * 256])
def test_a_name_stands_for_something(given: object) -> None:
    with pytest.raises(NameRefused):
        stored_formula(given, "Sheet1")


@pytest.mark.parametrize(
    ("refers_to", "found"),
    [
        ("Sheet1!$A$1", ("Sheet1", Area(1, 1, 1, 1))),
        ("'It''s'!$B$2:$C$3", ("It's", Area(2, 2, 3, 3))),
        ("[1]Sheet1!$A$1", None),
        ("Sheet1!$A$1,Sheet1!$B$1", None),
        ("Sheet1:Sheet2!$A$1", None),
        ("#REF!$A$1", None),
        ("Sheet1!$A$1+1", None),
        ("0.5", None),
    ],
)
def test_only_one_area_is_an_area(refers_to: str, found: tuple[str, Area] | None) -> None:
    name = DefinedName(name="x", refers_to=refers_to, sheet_index=None)
    assert area_of(name) == found


def test_names_are_listed_in_order_and_what_excel_hides_is_not(document: Document) -> None:
    for name, scope, hidden in (
        ("b", None, False),
        ("A", 0, False),
        ("a", None, True),
        ("_xlnm._FilterDatabase", 0, True),
        ("_xlnm.Print_Area", 0, False),
    ):
        given = DefinedName(name=name, refers_to="Sheet1!$A$1", sheet_index=scope, is_hidden=hidden)
        put_name(document, given)
    assert [name.name for name in listed_names(document)] == ["a", "A", "b", "_xlnm.Print_Area"]
    put_name(document, DefinedName(name="B", refers_to="Sheet1!$A$2", sheet_index=None))
    assert [n.refers_to for n in document.workbook.names if n.name == "b"] == ["Sheet1!$A$2"]
    for standing in document.workbook.names:
        remove_name(document, standing)
    assert b"definedName" not in document.parts.part(document.workbook_name)
