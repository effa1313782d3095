from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from excel_client.file_engine.problems import FileEngineProblem
from tests.workbook_checks.ooxml_lint import lint
from tests.workbook_checks.open_xml_sdk import validate

DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
BOOKS = sorted(path for path in DATA.rglob("*.xl*") if path.is_file())
#: Small, and with tables of several kinds.
USUAL = {"Book1.xlsx", "simple-monthly-budget.xlsx", "table05.xlsx", "table10.xlsx"}


def delete_first(collection: Any) -> None:
    collection[0].delete()


def everything_done_to(sheet: xw.Sheet, table: xw.main.Table) -> None:
    whole = table.range
    first, last = (whole.row, whole.column), (whole.last_cell.row + 3, whole.last_cell.column)

    def switch(name: str, *, shown: bool) -> None:
        setattr(table, name, shown)

    actions: list[Callable[[], Any]] = [
        lambda: table.resize(sheet.range(first, last)),
        lambda: setattr(table, "name", f"{table.name}_renamed"),
        table.rows.add,
        lambda: switch("show_headers", shown=False),
        lambda: switch("show_headers", shown=True),
        lambda: switch("show_totals", shown=not table.show_totals),
        lambda: table.columns.add("A column of ours"),
        lambda: table.resize(whole),
        lambda: table.sort(1),
        lambda: delete_first(table.columns),
        lambda: delete_first(table.rows),
    ]
    for action in actions:
        # Refused by name is right; a table's last column is xlwings' own refusal.
        with suppress(FileEngineProblem, ValueError, IndexError):
            action()


def changed_copy(app: xw.App, source: Path, tmp_path: Path) -> Path | None:
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    try:
        book = app.books.open(path)
        tables = [(sheet, table) for sheet in book.sheets for table in sheet.tables]
    except FileEngineProblem:
        return None
    for sheet, table in tables:
        everything_done_to(sheet, table)
    if not tables:
        return None
    book.save()
    book.close()
    return path


@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
def test_nothing_done_to_real_tables_needs_a_repair(app: xw.App, tmp_path: Path) -> None:
    for source in BOOKS:
        if source.name in USUAL:
            path = changed_copy(app, source, tmp_path)
            assert path is not None
            assert set(lint(path)) <= set(lint(source)), source.name


@pytest.mark.deep
@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
@pytest.mark.parametrize("source", BOOKS, ids=lambda path: path.name)
def test_microsofts_own_reader_finds_nothing_new_in_any_of_them(
    app: xw.App, tmp_path: Path, source: Path
) -> None:
    path = changed_copy(app, source, tmp_path)
    if path is not None:
        assert set(lint(path)) <= set(lint(source))
        assert len(validate(path)) <= len(validate(source))
