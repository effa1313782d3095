"""What the Open XML SDK says of workbooks whose sheets were added, copied, renamed, moved, frozen and deleted."""

from __future__ import annotations

from pathlib import Path

import xlwings as xw

from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate


def test_a_list_of_sheets_that_was_turned_over_is_clean(
    app: xw.App, path: Path, tmp_path: Path
) -> None:
    app.engine.activate()
    book = app.books.open(path)
    ledger, own = book.sheets["Ledger"], book.sheets["Own"]
    ledger.copy(after=own)
    ledger.freeze_panes.freeze_at("A1:B3")
    own.freeze_panes.freeze_at("1:1")
    own.copy(before=ledger).freeze_panes.freeze_at("C5:D9")
    own.name = "It's mine"
    own.show_gridlines = False
    own.page_setup.print_area = "A1:B2,D1"
    book.sheets.add("new").names.add("Here", "=$A$1")
    book.sheets["Own (2)"].move(after=book.sheets[-1])
    ledger.visible = False
    book.sheets["Ledger (2)"].activate()
    book.save(tmp_path / "turned.xltx")
    assert lint(tmp_path / "turned.xltx") == []
    assert validate(tmp_path / "turned.xltx") == []


def test_a_book_without_some_of_its_sheets_is_clean(app: xw.App, path: Path) -> None:
    app.engine.activate()
    book, other = app.books.open(path), app.books.add()
    book.sheets["Ledger"].copy(after=other.sheets[0])
    other.sheets["Sheet1"].delete()
    other.save(path.with_name("other.xlsx"))
    book.sheets["Own"].delete()
    book.save()
    for saved in (path, path.with_name("other.xlsx")):
        assert validate(saved) == []
