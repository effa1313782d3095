"""COUNT WORKBOOK: writes the same rows into a copy of the template with openpyxl; prints the seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.programs.openpyxl_ledgers import fill_table, open_book
from benchmarks.programs.sample_rows import sample_rows
from workbooks.template import template_bytes


def main(count: str, workbook: str) -> None:
    """Do it: open, write, enlarge the table, save; nothing is checked."""
    rows = sample_rows(int(count))
    Path(workbook).write_bytes(template_bytes())
    started = time.perf_counter()
    book = open_book(Path(workbook))
    fill_table(book, rows)
    book.save(workbook)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
