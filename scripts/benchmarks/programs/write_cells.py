"""COUNT WORKBOOK: writes rows into a copy of the template through xlwings on the file engine; prints the seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.programs.sample_rows import COLUMNS, sample_rows
from excel_client.file_engine import register
from workbooks.sheet_map import LEDGER_TABLE
from workbooks.template import template_bytes


def main(count: str, workbook: str) -> None:
    """Do it: open, enlarge the table, write, save, with the engine's check of what it saved."""
    rows = sample_rows(int(count))
    Path(workbook).write_bytes(template_bytes())
    engine = register()
    started = time.perf_counter()
    app = engine.apps.add(add_book=False)
    book = app.books.open(workbook)
    sheet = book.sheets[LEDGER_TABLE.sheet]
    table = sheet.tables[LEDGER_TABLE.name]
    top, left = table.range.row, table.range.column
    table.resize(sheet.range((top, left), (top + len(rows), left + len(LEDGER_TABLE.columns) - 1)))
    # The door that the product's writer uses: values that need no conversion by xlwings.
    sheet.range((top + 1, left), (top + len(rows), left + COLUMNS - 1)).raw_value = rows
    book.save()
    app.quit()
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
