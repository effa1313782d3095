"""The list of sheets in a workbook part: put in another order, grown and shrunk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.problems import (
    LastVisibleSheet,
    OutsideFileEngine,
    SheetNameRefused,
)
from excel_client.file_engine.storage.blank_workbook import blank_workbook
from excel_client.file_engine.storage.saving import BackupPolicy, FileStore
from excel_client.file_engine.workbook.copied_formulas import CopiedFormulas
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.sheet_changes import (
    add_sheet,
    delete_sheet,
    move_sheet,
    rename_sheet,
    set_sheet_state,
)
from excel_client.file_engine.workbook.sheet_copies import copy_sheet
from excel_client.file_engine.workbook.workbook_part import DefinedName, SheetEntry


def _document() -> Document:
    store = FileStore(backups=BackupPolicy())
    return Document(blank_workbook(), path=None, state=None, store=store)


def _names(document: Document) -> list[str]:
    return [entry.name for entry in document.workbook.sheets]


def _sheet(document: Document, name: str) -> SheetEntry:
    return next(entry for entry in document.workbook.sheets if entry.name == name)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["add", "copy", "delete", "move", "front"]), st.integers(0, 9)),
    max_size=12,
)


@given(ACTIONS)
def test_names_and_the_front_stay_with_their_sheets_whatever_is_done(
    actions: list[tuple[str, int]],
) -> None:
    document = _document()
    made = 0
    for action, number in actions:
        sheets = document.workbook.sheets
        entry = sheets[number % len(sheets)]
        front = document.front
        match action:
            case "add":
                made += 1
                new = add_sheet(document, number % (len(sheets) + 1), f"own{made}")
                place = document.workbook.sheets.index(new)
                own = DefinedName(name="own", refers_to=f"{new.name}!$A$1", sheet_index=place)
                document.set_names((*document.workbook.names, own))
            case "copy":
                copy_sheet(document, entry, document, number % (len(sheets) + 1))
            case "delete" if len(sheets) > 1:
                delete_sheet(document, entry)
            case "move" if entry != sheets[0]:
                move_sheet(document, entry, sheets[0], after=number % 2 == 0)
            case "front":
                document.bring_to_front(entry)
            case _:
                """The last sheet stays, and none is moved beside itself."""
        if action != "front" and front in document.workbook.sheets:
            assert document.front == front
    entries = document.workbook.sheets
    assert len({entry.key for entry in entries}) == len({e.sheet_id for e in entries})
    assert len({entry.name.casefold() for entry in entries}) == len(entries)
    for name in document.workbook.names:
        assert name.sheet_index is not None
        owner = entries[name.sheet_index].name
        assert name.refers_to in {f"{owner}!$A$1", f"'{owner}'!$A$1"}


@pytest.mark.parametrize(
    "name",
    ["", "x" * 32, "a/b", "a\\b", "a?", "a*", "[a", "a]", "a:b", "'a", "a'", "History", "SHEET1", "\x01"],
)  # fmt: skip
def test_names_that_excel_refuses_are_refused(name: str) -> None:
    document = _document()
    with pytest.raises(SheetNameRefused):
        add_sheet(document, 0, name)
    assert not document.changed


def test_a_long_name_is_shortened_for_the_copy() -> None:
    document = _document()
    rename_sheet(document, document.front, "x" * 31)
    copy = copy_sheet(document, document.front, document, 1)
    assert copy.name == "x" * 27 + " (2)"
    assert copy_sheet(document, copy, document, 2).name == "x" * 27 + " (3)"


def test_one_sheet_stays_visible() -> None:
    document = _document()
    add_sheet(document, 1, "other")
    set_sheet_state(document, _sheet(document, "other"), "hidden")
    before = document.parts.part(document.workbook_name)
    for change in (delete_sheet, lambda d, e: set_sheet_state(d, e, "veryHidden")):
        with pytest.raises(LastVisibleSheet):
            change(document, _sheet(document, "Sheet1"))
    assert document.parts.part(document.workbook_name) == before


def test_a_new_sheet_never_takes_the_place_of_a_deleted_one() -> None:
    document = _document()
    old = add_sheet(document, 1, "same")
    delete_sheet(document, old)
    new = add_sheet(document, 1, "same")
    assert new.key != old.key
    assert _names(document) == ["Sheet1", "same"]


@pytest.mark.parametrize(
    ("formula", "copied"),
    [
        ("Old!A1+B2", "'Old (2)'!A1+B2"),
        ("'old'!$A:$B", "'Old (2)'!$A:$B"),
        ('"Old!A1"&Older!A1', '"Old!A1"&Older!A1'),
        ("SUM(Table1[a])+Table1[[#This Row],[b]]", "SUM(Table13[a])+Table13[[#This Row],[b]]"),
        ("Old!Local", "'Old (2)'!Local"),
        ("SUM(Old:Other!A1)", "SUM(Old:Other!A1)"),
        ("[1]Old!A1", "[1]Old!A1"),
    ],
)
def test_formulas_of_a_copy_speak_of_the_copy(formula: str, copied: str) -> None:
    formulas = CopiedFormulas("Old", "Old (2)", {"Table1": "Table13"})
    assert formulas.text(formula) == copied
    element = f"<f>{formula}</f>".encode()
    assert formulas.into(element) == f"<f>{copied}</f>".encode()


@pytest.mark.parametrize(
    "formula", ["Older!A1", "[1]Old!A1", "SUM(Old:Other!A1)", "Elsewhere[a]", "2*rate", "[0]!rate"]
)
def test_formulas_that_speak_of_more_do_not_leave_their_workbook(formula: str) -> None:
    formulas = CopiedFormulas("Old", "Old", {"Table1": "Table1"}, left_behind={"rate"})
    with pytest.raises(OutsideFileEngine):
        formulas.text(formula)
    assert formulas.text("Old!A1+Table1[a]+SUM(B2)+[@x]") == "Old!A1+Table1[a]+SUM(B2)+[@x]"
