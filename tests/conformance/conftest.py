"""
What the contract in xlwings' terms runs on: our engine, or the one that PENNYVAULT_TEST_ENGINE names.

"excel" stands for Excel itself, on a machine that has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine import register

__all__ = ["ENGINE", "OURS"]

ENGINE = os.environ.get("PENNYVAULT_TEST_ENGINE", "pennyvault")
OURS = ENGINE == "pennyvault"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[xw.Book]:
    """A saved workbook with one sheet, open in an app of its own."""
    engine = register() if OURS else xw.engines[ENGINE]
    app = engine.apps.add(add_book=False)
    book = app.books.add()
    book.save(tmp_path / "book.xlsx")
    yield book
    # A test may have closed it, or opened others; Excel has no patience for a second time.
    for left in list(app.books):
        left.close()
    app.quit()


@pytest.fixture
def sheet(book: xw.Book) -> xw.Sheet:
    return book.sheets[0]
