"""ORIGIN KEY_FILE WORKBOOK: makes a workbook with the whole ledger, from the template."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.programs.openpyxl_ledgers import fetch_entries, fill_table, ledger_row, open_book
from workbooks.template import template_bytes


def main(origin: str, key_file: str, workbook: str) -> None:
    """Do it."""
    entries, names = fetch_entries(origin, Path(key_file), {})
    entries.sort(key=lambda entry: str(entry["posted_on"]))
    book = open_book(template_bytes())
    fill_table(book, (ledger_row(entry, names) for entry in entries))
    book.save(workbook)


if __name__ == "__main__":
    main(*sys.argv[1:])
