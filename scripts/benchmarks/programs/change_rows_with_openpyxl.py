"""ORIGIN KEY_FILE WORKBOOK COUNT: brings a workbook up to date; so many rows should have changed."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.programs.openpyxl_ledgers import fetch_entries, ledger_row, open_book
from workbooks.sheet_map import LEDGER_TABLE, STATE_SHEET, LedgerColumn, StateKey

_FIRST_ROW = 5


def main(origin: str, key_file: str, workbook: str, count: str) -> None:
    """Do it: rows are found by their Entry ID, cells that differ are written."""
    book = open_book(Path(workbook))
    state = dict(book[STATE_SHEET].iter_rows(values_only=True))
    after = {"epoch": state[StateKey.EPOCH], "after": state[StateKey.CURSOR]}
    entries, names = fetch_entries(origin, Path(key_file), after)
    sheet = book[LEDGER_TABLE.sheet]
    column = LEDGER_TABLE.columns.index(LedgerColumn.ENTRY_ID) + 1
    ids = sheet.iter_cols(column, column, _FIRST_ROW, values_only=True)
    rows = {entry_id: row for row, entry_id in enumerate(next(ids), _FIRST_ROW)}
    changed = set()
    for entry in entries:
        row_number = rows[entry["id"]]
        for place, value in enumerate(ledger_row(entry, names), 1):
            cell = sheet.cell(row_number, place)
            if cell.value != value:
                cell.value = value
                changed.add(row_number)
    assert len(changed) == int(count), len(changed)
    book.save(workbook)


if __name__ == "__main__":
    main(*sys.argv[1:])
