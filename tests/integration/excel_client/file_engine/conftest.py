# ruff: noqa: DTZ001 - a cell has no time zone
from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore, register

MORNING = dt.datetime(2026, 3, 31, 8, tzinfo=dt.UTC)


def _make_workbook(path: Path, rows: int = 2) -> Path:
    """A book with a styled table, a calculated column, what follows it, and a sheet that is the user's own."""
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    money = book.add_format({"num_format": "#,##0.00", "bold": True})
    sheet = book.add_worksheet("Ledger")
    sheet.write("G1", "note of the user")
    formula = "=Ledger[[#This Row],[Amount]]*2"
    columns = [
        {"header": "Date"},
        {"header": "Text"},
        {"header": "Amount"},
        {"header": "Twice", "formula": formula},
    ]
    sheet.add_table(2, 1, 2 + rows, 4, {"name": "Ledger", "columns": columns})
    for row in range(3, 3 + rows):
        sheet.write_datetime(row, 1, dt.datetime(2026, 1, row), day)
        sheet.write_string(row, 2, f"text {row}")
        sheet.write_number(row, 3, row + 0.25, money)
        sheet.write_formula(row, 4, formula, money, 2 * row + 0.5)
    last = 2 + rows
    red = book.add_format({"font_color": "red"})
    rule = {"type": "cell", "criteria": "<", "value": 0, "format": red}
    sheet.conditional_format(3, 3, last, 3, rule)
    sheet.conditional_format("D1:D2", rule)
    sheet.data_validation(3, 2, last, 2, {"validate": "list", "source": ["a", "b"]})
    book.define_name("Amounts", f"=Ledger!$D$4:$D${last + 1}")
    book.define_name("Elsewhere", "=Own!$A$1:$A$2")
    own = book.add_worksheet("Own")
    own.write_formula("A1", "=SUM(Ledger[Amount])", None, 8.5)
    own.write("A2", "mine")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Own!$A$1:$A$2"})
    own.insert_chart("C3", chart)
    book.close()
    return path


def _parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _rewrite(path: Path, changes: dict[str, bytes | None]) -> Path:
    """Replace, add or (None) remove parts of a package."""
    parts: dict[str, bytes | None] = {**_parts_of(path), **changes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)
    return path


@pytest.fixture
def app() -> Iterator[xw.App]:
    engine = register(store=FileStore(backups=BackupPolicy(), clock=lambda: MORNING))
    app = engine.apps.add(add_book=False)
    yield app
    app.quit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return _make_workbook(tmp_path / "ledger.xlsx")


@pytest.fixture
def make_workbook() -> Callable[..., Path]:
    return _make_workbook


@pytest.fixture
def parts_of() -> Callable[[Path], dict[str, bytes]]:
    return _parts_of


@pytest.fixture
def rewrite() -> Callable[[Path, dict[str, bytes | None]], Path]:
    return _rewrite
