"""
A ledger workbook, read and written through the xlwings API.

It reads the columns that the plan needs and carries the plan out, in as few blocks as the user's arrangement of the
columns allows; cells that are not ours are never touched. It decides nothing: see `excel_client.write_plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import xlwings

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER
from excel_client.write_plan.cells import LEDGER_ORDER, Cell, Row
from excel_client.write_plan.ledger_plan import AccountsTableRows, WritePlan
from excel_client.write_plan.questions import REVIEW_ORDER, ReviewRow, read_review
from excel_client.write_plan.row_base import Digests
from excel_client.write_plan.scanning import SCANNED, LedgerScan, scan_ledger
from excel_client.write_plan.workbook_state import WorkbookState
from excel_client.writer.blocks import (
    Block,
    blocks_of_rows,
    blocks_of_updates,
    is_file_engine,
    read_block,
    runs_of,
    write_block,
    write_results,
)
from excel_client.writer.moving import (
    OwnCells,
    delete_rows,
    own_cells,
    with_columns,
    write_own_cells,
)
from excel_client.writer.review_sheet import write_review
from excel_client.writer.state_sheet import (
    find_state_sheet,
    read_workbook_state,
    write_workbook_state,
)
from excel_client.writer.tables import OwnedTable, find_table, grow
from excel_client.writer.upgrading import upgrade_workbook
from workbooks.formulas import ACCOUNTS_FORMULAS, NOTHING_TO_REVIEW
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    LOG_TABLE,
    REMOVED_TABLE,
    REVIEW_TABLE,
    TEMPLATE_VERSION,
    AccountsColumn,
    TableShape,
    WorkbookName,
)

__all__ = ["LedgerWorkbook", "Progress"]

#: Told what is being done, how many cells are done, and of how many.
Progress = Callable[[str, int, int], None]

#: With more stretches of rows than this, reading the columns whole is quicker than going from row to row.
_STRETCHES_MAX: Final = 500
#: Rows to a block: a progress line moves, and no copy of the whole ledger is made to write it.
_ROWS_PER_BLOCK: Final = 20_000
_LOG_ORDER: Final = LOG_TABLE.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWorkbook:
    """An open workbook with our tables and the hidden sheet found in it."""

    book: xlwings.Book
    state_sheet: xlwings.Sheet
    ledger: OwnedTable
    accounts: OwnedTable
    log: OwnedTable
    removed: OwnedTable
    review: OwnedTable
    state: WorkbookState
    scan: LedgerScan = field(repr=False)

    @classmethod
    def of(cls, book: xlwings.Book) -> LedgerWorkbook:
        """Find what is ours in a workbook and read its state and keys; raise a WorkbookRefused otherwise."""
        state_sheet = find_state_sheet(book)
        state = read_workbook_state(state_sheet)
        if state.template_version < TEMPLATE_VERSION:
            upgrade_workbook(book)
        ledger = find_table(book, LEDGER_TABLE)
        return cls(
            book=book,
            state_sheet=state_sheet,
            ledger=ledger,
            accounts=find_table(book, ACCOUNTS_TABLE),
            log=find_table(book, LOG_TABLE),
            removed=find_table(book, REMOVED_TABLE),
            review=find_table(book, REVIEW_TABLE),
            state=state,
            scan=scan_ledger(ledger.first_row, ledger.read_rows(SCANNED), Digests()),
        )

    def read_rows(self, positions: Sequence[int]) -> dict[int, tuple[object, ...]]:
        """Return the owned cells of some rows, in the order of LEDGER_ORDER, by their positions (ascending)."""
        stretches = list(runs_of(positions))
        if len(stretches) > _STRETCHES_MAX:
            rows = self.ledger.read_rows(LEDGER_ORDER)
            return {position: rows[position] for position in positions}
        found: dict[int, tuple[object, ...]] = {}
        for first, length in stretches:
            rows = self.ledger.read_rows(LEDGER_ORDER, position=first, height=length)
            found.update(enumerate(rows, first))
        return found

    def read_formulas(self, cells: Mapping[int, Sequence[int]]) -> dict[int, dict[int, str]]:
        """Return the formulas among some cells, by the row's position and the column's in LEDGER_ORDER."""
        by_column: dict[int, list[int]] = {}
        for position in sorted(cells):
            for index in cells[position]:
                by_column.setdefault(index, []).append(position)
        found: dict[int, dict[int, str]] = {}
        for index, positions in by_column.items():
            for first, length in runs_of(positions):
                for position, formula in enumerate(self._formulas(index, first, length), first):
                    if formula:
                        found.setdefault(position, {})[index] = formula
        return found

    def _formulas(self, index: int, position: int, length: int) -> list[str]:
        """The formulas of a stretch of one column, "" where there is none."""
        row, column = self.ledger.first_row + position, self.ledger.columns[index]
        sheet = self.ledger.sheet
        formulas = sheet.range((row, column), (row + length - 1, column)).formula
        values = read_block(sheet, row=row, column=column, height=length, width=1)
        texts = [formulas] if length == 1 else [line[0] for line in formulas]
        # A text that begins with "=" is its own formula, as far as Excel says.
        return [
            text if isinstance(text, str) and text.startswith("=") and text != value else ""
            for text, (value,) in zip(texts, values, strict=True)
        ]

    def read_removed(self) -> list[tuple[object, ...]]:
        """Return the rows of Removed, in the order of LEDGER_ORDER."""
        return self.removed.read_rows(LEDGER_ORDER)

    def read_review(self) -> tuple[ReviewRow, ...]:
        """Return what Review asks, and what was decided."""
        return read_review(self.review.read_rows(REVIEW_ORDER))

    def read_accounts(self) -> AccountsTableRows:
        """Return the written cells of the Accounts table."""
        return AccountsTableRows(
            first_row=self.accounts.first_row, rows=self.accounts.read_rows(ACCOUNTS_ORDER)
        )

    def write(self, plan: WritePlan, progress: Progress) -> None:
        """Carry out a plan; each block is read back. Nothing is saved."""
        own_out = own_cells(self.ledger, [row.position for row in plan.moved_out])
        own_back = own_cells(self.removed, [row.position for row in plan.moved_back])
        ledger = self._with_headings(LEDGER_TABLE, own_back.values())
        removed = self._with_headings(REMOVED_TABLE, own_out.values())
        back = [row.cells for row in plan.moved_back]
        out = [(*row.cells, plan.today) for row in plan.moved_out]
        ledger_blocks = blocks_of_updates(ledger.first_row, plan.updates, ledger.columns)
        start, blocks = _append(ledger, LEDGER_ORDER, [*back, *plan.appended])
        ledger_blocks += blocks
        removed_blocks = blocks_of_updates(
            removed.first_row, plan.removed_updates, removed.columns_of(LEDGER_ORDER)
        )
        removed_start, blocks = _append(removed, REMOVED_TABLE.columns, out)
        removed_blocks += blocks
        accounts_columns = self.accounts.columns_of(ACCOUNTS_ORDER)
        accounts_blocks = blocks_of_updates(
            self.accounts.first_row, plan.accounts.updates, accounts_columns
        )
        accounts_blocks += _append(self.accounts, ACCOUNTS_ORDER, plan.accounts.appended)[1]
        log = [] if plan.log is None else [plan.log.cells()]
        log_blocks = _append(self.log, _LOG_ORDER, log)[1]
        # Every table has its room by now: a refusal comes before the first cell is written.
        _write_blocks(ledger.sheet, ledger_blocks, progress)
        _write_blocks(removed.sheet, removed_blocks, progress)
        _write_blocks(self.accounts.sheet, accounts_blocks, progress)
        _write_blocks(self.log.sheet, log_blocks, progress)
        write_own_cells(ledger, dict(enumerate(own_back.values(), start)))
        write_own_cells(removed, dict(enumerate(own_out.values(), removed_start)))
        delete_rows(self.book, LEDGER_TABLE, [row.position for row in plan.moved_out])
        delete_rows(self.book, REMOVED_TABLE, [row.position for row in plan.moved_back])
        if plan.review is not None:
            write_review(self.book, plan.review)
        self._write_results(plan)
        write_workbook_state(self.state_sheet, plan.state)

    def _with_headings(self, shape: TableShape, rows: Iterable[OwnCells]) -> OwnedTable:
        return with_columns(self.book, shape, [heading for cells in rows for heading in cells])

    def _write_results(self, plan: WritePlan) -> None:
        """Write what our formulas come to, where nobody reckons."""
        accounts = plan.accounts
        if not is_file_engine(self.accounts.sheet):
            return
        table = find_table(self.book, ACCOUNTS_TABLE)
        ids = table.read_column(AccountsColumn.ACCOUNT_ID)
        ours = [position for position, account in enumerate(ids) if account in accounts.results]
        columns = table.columns_of(tuple(ACCOUNTS_FORMULAS))
        for first, length in runs_of(ours):
            rows = [
                tuple(accounts.results[str(ids[position])][column] for column in ACCOUNTS_FORMULAS)
                for position in range(first, first + length)
            ]
            for block in blocks_of_rows(table.first_row + first, rows, columns):
                _write_block_of_results(table.sheet, block)
        lines = f"To review: {plan.review_lines}" if plan.review_lines else ""
        headlines: dict[WorkbookName, Cell] = {
            WorkbookName.PROOF_SUMMARY: accounts.summary,
            WorkbookName.REVIEW_HINT: lines,
            WorkbookName.REVIEW_SUMMARY: lines or NOTHING_TO_REVIEW,
        }
        if plan.log is not None:
            headlines[WorkbookName.LAST_CHANGE] = plan.log.when
        for name in self.book.names:
            if name.name in headlines:
                # A headline that the user deleted, or whose sheet is gone, is not missed.
                with suppress(KeyError, OutsideFileEngine):
                    write_results(name.refers_to_range, ((headlines[WorkbookName(name.name)],),))


def _append(
    table: OwnedTable, order: Sequence[str], rows: Sequence[Row]
) -> tuple[int, list[Block]]:
    """
    Make room at a table's end; return where the rows will stand and the blocks that fill it.

    A fresh table's blank row comes first.
    """
    if not rows:
        return table.height, []
    columns = table.columns_of(order)
    start = 0 if _is_fresh(table, columns) else table.height
    grow(table, start + len(rows) - table.height)
    blocks: list[Block] = []
    for first in range(0, len(rows), _ROWS_PER_BLOCK):
        some = rows[first : first + _ROWS_PER_BLOCK]
        blocks += blocks_of_rows(table.first_row + start + first, some, columns)
    return start, blocks


def _is_fresh(table: OwnedTable, columns: Sequence[int]) -> bool:
    """Whether a table has the template's blank row only."""
    if table.height != 1:
        return table.height == 0
    left, right = min(columns), max(columns)
    row = read_block(
        table.sheet, row=table.first_row, column=left, height=1, width=right - left + 1
    )[0]
    return all(row[column - left] in {None, ""} for column in columns)


def _write_blocks(sheet: xlwings.Sheet, blocks: Sequence[Block], progress: Progress) -> None:
    total = sum(block.size for block in blocks)
    done = 0
    for block in blocks:
        write_block(sheet, block)
        done += block.size
        progress(f"Writing {sheet.name}", done, total)


def _write_block_of_results(sheet: xlwings.Sheet, block: Block) -> None:
    height, width = len(block.rows), len(block.rows[0])
    cells = sheet.range(
        (block.row, block.column), (block.row + height - 1, block.column + width - 1)
    )
    write_results(cells, block.rows)
