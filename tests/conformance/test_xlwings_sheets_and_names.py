"""Sheets, books and names, said in xlwings' terms alone, so that it can run on Excel itself as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine import register
from tests.conformance.conftest import ENGINE, OURS


@pytest.fixture(autouse=True)
def engine() -> Iterator[xw.Engine]:
    """The engine, active as xlwings wants it to bring a book to the front."""
    before = xw.engines.active
    engine = register() if OURS else xw.engines[ENGINE]
    engine.activate()
    yield engine
    xw.engines.active = before


def _names(book: xw.Book) -> list[str]:
    return [sheet.name for sheet in book.sheets]


def _reopened(book: xw.Book) -> xw.Book:
    """Save, close and open again."""
    book.save()
    path, app = book.fullname, book.app
    book.close()
    return app.books.open(path)


def _selected(book: xw.Book) -> str:
    selection = book.selection
    assert selection is not None
    return selection.address


# Sheets


def test_a_new_sheet_goes_before_the_active_one_and_is_active(book: xw.Book) -> None:
    book.sheets.add("last", after=book.sheets[0])
    assert book.sheets.active.name == "last"
    book.sheets.add("middle")
    book.sheets.add("first", before=book.sheets[0])
    assert _names(book) == ["first", "Sheet1", "middle", "last"]
    assert book.sheets.active.name == "first"
    assert _names(_reopened(book)) == ["first", "Sheet1", "middle", "last"]


def test_new_sheets_are_numbered_on(book: xw.Book) -> None:
    assert book.sheets.add().name == "Sheet2"
    book.sheets["Sheet2"].delete()
    assert book.sheets.add().name == "Sheet3"


def test_formulas_follow_a_renamed_sheet(book: xw.Book, sheet: xw.Sheet) -> None:
    other = book.sheets.add("other", after=sheet)
    sheet["A1"].value = 5
    other["A1"].formula = "=Sheet1!A1"
    book.names.add("Five", "=Sheet1!$A$1")
    sheet.name = "It's new"
    assert other["A1"].formula == "='It''s new'!A1"
    assert book.names["Five"].refers_to == "='It''s new'!$A$1"
    assert sheet["A1"].value == 5
    assert book.sheets["it's NEW"] == sheet


@pytest.mark.parametrize("name", ["a:b", "'a", "a'", "HISTORY", "sheet1"])
def test_a_name_that_no_sheet_can_have_changes_nothing(book: xw.Book, name: str) -> None:
    book.sheets.add("other")
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        book.sheets["other"].name = name
    assert sorted(_names(book)) == ["Sheet1", "other"]


def test_a_sheet_keeps_its_identity_when_others_come_and_go(book: xw.Book, sheet: xw.Sheet) -> None:
    first, second = book.sheets.add("a"), book.sheets.add("b")
    sheet["A1"].value = "mine"
    first.delete()
    second.name = "c"
    book.save()
    assert sheet["A1"].value == "mine"
    assert (second.name, second.index, sheet.index) == ("c", 1, 2)


def test_formulas_lose_a_deleted_sheet(book: xw.Book, sheet: xw.Sheet) -> None:
    other = book.sheets.add("other")
    sheet["A1"].formula = "=other!A1+1"
    other.delete()
    assert sheet["A1"].formula == "=#REF!A1+1"


def test_the_last_visible_sheet_can_neither_be_deleted_nor_hidden(book: xw.Book) -> None:
    book.sheets.add("hidden").visible = False
    with pytest.raises(Exception):  # noqa: B017, PT011
        book.sheets["Sheet1"].delete()
    with pytest.raises(Exception):  # noqa: B017, PT011
        book.sheets["Sheet1"].visible = False
    assert _names(book) == ["hidden", "Sheet1"]


def test_hiding_the_active_sheet_activates_another(book: xw.Book) -> None:
    book.sheets.add("a")
    book.sheets["a"].visible = False
    assert book.sheets.active.name == "Sheet1"
    assert not _reopened(book).sheets["a"].visible


def test_sheets_are_moved(book: xw.Book, sheet: xw.Sheet) -> None:
    for name in ("b", "c"):
        book.sheets.add(name, after=book.sheets[-1])
    book.sheets["b"].names.add("Own", "=b!$A$1")
    book.sheets["c"].move(before=sheet)
    sheet.move(after=book.sheets["b"])
    assert _names(book) == ["c", "b", "Sheet1"]
    again = _reopened(book)
    assert _names(again) == ["c", "b", "Sheet1"]
    assert again.sheets["b"].names["Own"].refers_to_range.sheet.name == "b"


def test_the_active_sheet_is_saved_with_other_changes(book: xw.Book) -> None:
    book.sheets.add("other", after=book.sheets[0])
    book.sheets[0].activate()
    book.save()
    book.sheets["other"].activate()
    book.sheets[0]["A1"].value = 1
    assert _reopened(book).sheets.active.name == "other"


def test_gridlines_are_hidden_and_shown(book: xw.Book, sheet: xw.Sheet) -> None:
    assert sheet.show_gridlines
    sheet.show_gridlines = False
    again = _reopened(book)
    assert not again.sheets[0].show_gridlines
    again.sheets[0].show_gridlines = True
    assert again.sheets[0].show_gridlines


def test_the_used_range_of_an_empty_sheet_is_its_first_cell(sheet: xw.Sheet) -> None:
    assert sheet.used_range.address == "$A$1"


# Copies


def test_a_copy_speaks_of_itself(book: xw.Book, sheet: xw.Sheet) -> None:
    other = book.sheets.add("other")
    sheet["A1"].value = [[1, 2], [3, 4]]
    sheet["C1"].formula = "=Sheet1!A1+other!A1+B2"
    copy = sheet.copy(after=sheet)
    assert copy.name == "Sheet1 (2)"
    assert _names(book) == [other.name, "Sheet1", "Sheet1 (2)"]
    assert copy["C1"].formula == "='Sheet1 (2)'!A1+other!A1+B2"
    assert sheet["C1"].formula == "=Sheet1!A1+other!A1+B2"
    copy["A1"].value = 9
    assert sheet["A1"].value == 1
    assert book.sheets.active.name == "Sheet1 (2)"
    assert copy.copy().name == "Sheet1 (3)"


def test_a_copied_table_has_a_name_of_its_own(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["A1"].value = [["a", "b"], [1, 2], [3, 4]]
    sheet.tables.add(source=sheet["A1:B3"], name="Table1")
    sheet["D1"].formula = "=SUM(Table1[a])"
    copy = sheet.copy()
    (table,) = copy.tables
    assert table.name != "Table1"
    assert table.name.startswith("Table1")
    assert table.range.address == "$A$1:$B$3"
    assert copy["D1"].formula == f"=SUM({table.name}[a])"
    again = _reopened(book)
    assert [t.name for s in again.sheets for t in s.tables] == ["Table1", table.name]


def test_names_of_a_sheet_are_copied_with_it(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet.names.add("Own", "=Sheet1!$B$2")
    book.names.add("General", "=Sheet1!$C$3")
    copy = sheet.copy()
    assert copy.names["Own"].refers_to == "='Sheet1 (2)'!$B$2"
    assert copy.names["General"].refers_to == "='Sheet1 (2)'!$C$3"
    assert book.names["General"].refers_to == "=Sheet1!$C$3"


def test_a_sheet_is_copied_into_another_book_with_its_formats(
    book: xw.Book, sheet: xw.Sheet
) -> None:
    sheet.name = "Data"
    sheet["A1"].value = [["text", 1.5], ["text", 2.5]]
    sheet["B1:B2"].number_format = "#,##0.000"
    sheet["B3"].formula = "=SUM(Data!B1:B2)"
    other = book.app.books.add()
    copy = sheet.copy(after=other.sheets[0])
    assert copy.book == other
    assert copy.name == "Data"
    assert copy["A1:B2"].value == [["text", 1.5], ["text", 2.5]]
    assert copy["B1"].number_format == "#,##0.000"
    assert copy["A1"].number_format == "General"
    assert copy["B3"].formula == "=SUM(Data!B1:B2)"
    other.close()


# Names


def test_a_sheet_before_a_name_makes_it_the_sheets_own(book: xw.Book, sheet: xw.Sheet) -> None:
    book.sheets.add("My sheet", after=sheet)
    book.names.add("'My sheet'!Own", "='My sheet'!$A$1:$B$2")
    book.names.add("General", "='My sheet'!$D$1")
    own = book.sheets["My sheet"].names
    assert [name.name for name in own] == ["'My sheet'!Own"]
    assert len(sheet.names) == 0
    assert "Own" in own
    assert "'My sheet'!own" in book.names
    assert book.names["General"].refers_to_range == book.sheets["My sheet"]["D1"]
    assert book.sheets["My sheet"]["Own"].address == "$A$1:$B$2"
    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
        sheet["Own"].address  # noqa: B018 - Excel finds it only when asked


def test_a_range_is_named(book: xw.Book, sheet: xw.Sheet) -> None:
    assert sheet["A1"].name is None
    sheet["B2:C3"].name = "block"
    name = sheet["B2:C3"].name
    assert name is not None
    assert name.name == "block"
    assert book.names["block"].refers_to == "=Sheet1!$B$2:$C$3"
    name.delete()
    assert sheet["B2:C3"].name is None


def test_references_without_a_sheet_are_the_active_sheets(book: xw.Book) -> None:
    book.names.add("here", "=$A$1:$B$2")
    assert book.names["here"].refers_to == "=Sheet1!$A$1:$B$2"


def test_names_stand_for_constants_and_formulas(book: xw.Book) -> None:
    book.names.add("Rate", "=0.25")
    book.names.add("Words", "no formula")
    book.names.add("Total", "=SUM(Sheet1!$A$1:$A$3)*Rate")
    assert book.names["Rate"].refers_to == "=0.25"
    assert book.names["Words"].refers_to == '="no formula"'
    assert book.names["Total"].refers_to == "=SUM(Sheet1!$A$1:$A$3)*Rate"
    again = _reopened(book)
    assert [name.name for name in again.names] == ["Rate", "Total", "Words"]
    with pytest.raises(Exception):  # noqa: B017, PT011
        again.names["Rate"].refers_to_range.address  # noqa: B018


@pytest.mark.parametrize("name", ["A1", "XFD1048576", "R1C1", "r", "two words", "1st", "a-b", ""])
def test_what_is_no_name_is_refused(book: xw.Book, name: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011
        book.names.add(name, "=Sheet1!$A$1")
    assert len(book.names) == 0


def test_a_name_gets_another_name(book: xw.Book) -> None:
    name = book.names.add("before", "=Sheet1!$A$1")
    name.name = "after"
    assert name.name == "after"
    assert [each.name for each in book.names] == ["after"]


def test_the_print_area_is_set_and_taken_away(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet.name = "My sheet"
    sheet.page_setup.print_area = "A1:B2,D1:E2"
    assert sheet.page_setup.print_area == "$A$1:$B$2,$D$1:$E$2"
    again = _reopened(book)
    assert again.sheets[0].page_setup.print_area == "$A$1:$B$2,$D$1:$E$2"
    again.sheets[0].page_setup.print_area = None
    assert again.sheets[0].page_setup.print_area is None


# Books and apps


def test_a_book_is_saved_as_another_kind(book: xw.Book, tmp_path: Path) -> None:
    book.sheets[0]["A1"].value = 1
    for suffix in (".xlsm", ".xltx", ".xltm", ".xlsx"):
        book.save(tmp_path / f"kind{suffix}")
        assert book.name == f"kind{suffix}"
        assert book.fullname == str(tmp_path / f"kind{suffix}")


def test_no_two_open_books_have_one_name(book: xw.Book, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = book.app.books.add()
    with pytest.raises(Exception):  # noqa: B017, PT011
        other.save(tmp_path / "elsewhere" / "book.xlsx")
    other.close()


def test_the_selection_is_the_active_sheets(book: xw.Book, sheet: xw.Sheet) -> None:
    assert _selected(book) == "$A$1"
    sheet["B2:C3"].select()
    other = book.sheets.add("other")
    assert _selected(book) == "$A$1"
    sheet.activate()
    assert _selected(book) == "$B$2:$C$3"
    assert other.index == 1


def test_apps_are_told_apart_and_the_active_one_comes_first(engine: xw.Engine) -> None:
    one, two = engine.apps.add(add_book=False), engine.apps.add(add_book=False)
    assert engine.apps.active == two
    one.activate()
    assert engine.apps.keys()[0] == one.pid
    assert one.books.count == 0
    before = len(engine.apps)
    two.kill()
    one.quit()
    assert len(engine.apps) == before - 2
