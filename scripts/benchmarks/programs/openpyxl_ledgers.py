"""What a program would do that brings the ledger into the workbook with httpx, json and openpyxl."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import openpyxl
from openpyxl.utils.cell import get_column_letter, range_boundaries

from workbooks.sheet_map import LEDGER_TABLE

__all__ = ["fetch_entries", "fill_table", "ledger_row", "open_book"]

_PAGE_ENTRIES = 10_000

Entry = dict[str, Any]


def fetch_entries(
    origin: str, key_file: Path, after: Mapping[str, str]
) -> tuple[list[Entry], dict[str, str]]:
    """Return the entries after a position of the change feed (none: all of them), and the accounts' names."""
    entries: list[Entry] = []
    query = {"limit": str(_PAGE_ENTRIES), **after}
    key = key_file.read_text(encoding="ascii").strip()
    with httpx.Client(base_url=origin, headers={"Authorization": f"Bearer {key}"}) as client:
        while True:
            answer = client.get("/v1/ledger/changes", params=query).raise_for_status()
            page = json.loads(answer.content)
            entries += page["entries"]
            if not page["more"]:
                return entries, {account["id"]: account["name"] for account in page["accounts"]}
            query |= {"epoch": page["epoch"], "after": page["cursor"]}


def open_book(source: Path | bytes) -> Any:
    """Return a workbook of ours, as far as openpyxl understands it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        return openpyxl.load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source)


def ledger_row(entry: Entry, account_names: Mapping[str, str]) -> tuple[Any, ...]:
    """Return an entry as a row of the Ledger; of its base the version only."""
    return (
        date.fromisoformat(entry["posted_on"]),
        account_names[entry["account_id"]],
        entry["description"] or None,
        entry["merchant"] or None,
        float(entry["amount"]),
        entry["currency"],
        entry["category"],
        ", ".join(entry["tags"]) or None,
        entry["notes"] or None,
        entry["reviewed"],
        entry["transfer"],
        date.fromisoformat(entry["statement_on"]) if entry["statement_on"] else None,
        "removed" if entry["removed"] else entry["status"],
        entry["id"],
        entry["account_id"],
        entry["parent"],
        date.fromisoformat(entry["statement_on"] or entry["posted_on"]),
        str(entry["version"]),
    )


def fill_table(book: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows into the empty Ledger table, in the format of its first row, and make the table so large."""
    sheet = book[LEDGER_TABLE.sheet]
    table = sheet.tables[LEDGER_TABLE.name]
    left, top, right, _ = range_boundaries(table.ref)
    # openpyxl has no quicker way to give a cell another's format.
    styles = [sheet.cell(top + 1, column)._style for column in range(left, right + 1)]  # noqa: SLF001
    row_number = top
    for row_number, row in enumerate(rows, top + 1):
        for column, (value, style) in enumerate(zip(row, styles, strict=True), left):
            cell = sheet.cell(row_number, column, value)
            cell._style = style  # noqa: SLF001
    table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{row_number}"
    table.autoFilter.ref = table.ref
