"""
A ledger workbook, read and written through the xlwings API.

It reads the columns that the plan needs and carries the plan out, in as few blocks as the user's arrangement of the
columns allows; cells that are not ours are never touched. It decides nothing: see `excel_client.write_plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import xlwings

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.write_plan.accounts_plan import ACCOUNTS_ORDER, AccountsPlan
from excel_client.write_plan.cells import LEDGER_ORDER, Cell, Row
from excel_client.write_plan.ledger_plan import AccountsTableRows, LogRow, WritePlan
from excel_client.write_plan.workbook_state import LedgerKeys, WorkbookState
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
from excel_client.writer.state_sheet import (
    find_state_sheet,
    read_workbook_state,
    write_workbook_state,
)
from excel_client.writer.tables import OwnedTable, find_table, grow
from workbooks.formulas import ACCOUNTS_FORMULAS
from workbooks.sheet_map import (
    ACCOUNTS_TABLE,
    LEDGER_TABLE,
    LOG_TABLE,
    AccountsColumn,
    LedgerColumn,
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
    """An open workbook with our three tables and the hidden sheet found in it."""

    book: xlwings.Book
    state_sheet: xlwings.Sheet
    ledger: OwnedTable
    accounts: OwnedTable
    log: OwnedTable
    state: WorkbookState
    keys: LedgerKeys = field(repr=False)

    @classmethod
    def of(cls, book: xlwings.Book) -> LedgerWorkbook:
        """Find what is ours in a workbook and read its state and keys; raise a WorkbookRefused otherwise."""
        state_sheet = find_state_sheet(book)
        state = read_workbook_state(state_sheet)
        ledger = find_table(book, LEDGER_TABLE)
        return cls(
            book=book,
            state_sheet=state_sheet,
            ledger=ledger,
            accounts=find_table(book, ACCOUNTS_TABLE),
            log=find_table(book, LOG_TABLE),
            state=state,
            keys=LedgerKeys(
                first_row=ledger.first_row,
                entry_ids=ledger.read_column(LedgerColumn.ENTRY_ID),
                bases=ledger.read_column(LedgerColumn.BASE),
            ),
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
        found: dict[int, dict[int, str]] = {}
        for position, indexes in cells.items():
            row = self.ledger.first_row + position
            for index in indexes:
                cell = self.ledger.sheet.range((row, self.ledger.columns[index]))
                formula = cell.formula
                # A text that begins with "=" is its own formula, as far as Excel says.
                if isinstance(formula, str) and formula.startswith("=") and formula != cell.value:
                    found.setdefault(position, {})[index] = formula
        return found

    def read_accounts(self) -> AccountsTableRows:
        """Return the written cells of the Accounts table."""
        return AccountsTableRows(
            first_row=self.accounts.first_row, rows=self.accounts.read_rows(ACCOUNTS_ORDER)
        )

    def write(self, plan: WritePlan, progress: Progress) -> None:
        """Carry out a plan; each block is read back. Nothing is saved."""
        ledger_blocks = blocks_of_updates(self.ledger.first_row, plan.updates, self.ledger.columns)
        ledger_blocks += _append(self.ledger, LEDGER_ORDER, plan.appended)
        accounts_columns = self.accounts.columns_of(ACCOUNTS_ORDER)
        accounts_blocks = blocks_of_updates(
            self.accounts.first_row, plan.accounts.updates, accounts_columns
        )
        accounts_blocks += _append(self.accounts, ACCOUNTS_ORDER, plan.accounts.appended)
        log_blocks = [] if plan.log is None else _append(self.log, _LOG_ORDER, (plan.log.cells(),))
        # Every table has its room by now: a refusal comes before the first cell is written.
        _write_blocks(self.ledger.sheet, ledger_blocks, progress)
        _write_blocks(self.accounts.sheet, accounts_blocks, progress)
        _write_blocks(self.log.sheet, log_blocks, progress)
        self._write_results(plan.accounts, plan.log)
        write_workbook_state(self.state_sheet, plan.state)

    def _write_results(self, accounts: AccountsPlan, log: LogRow | None) -> None:
        """Write what our formulas come to, where nobody reckons."""
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
        headlines: dict[WorkbookName, Cell] = {WorkbookName.PROOF_SUMMARY: accounts.summary}
        if log is not None:
            headlines[WorkbookName.LAST_CHANGE] = log.when
        for name in self.book.names:
            if name.name in headlines:
                # A headline that the user deleted, or whose sheet is gone, is not missed.
                with suppress(KeyError, OutsideFileEngine):
                    write_results(name.refers_to_range, ((headlines[WorkbookName(name.name)],),))


def _append(table: OwnedTable, order: Sequence[str], rows: Sequence[Row]) -> list[Block]:
    """Make room at a table's end and return the blocks that fill it; a fresh table's blank row comes first."""
    if not rows:
        return []
    columns = table.columns_of(order)
    start = 0 if _is_fresh(table, columns) else table.height
    grow(table, start + len(rows) - table.height)
    blocks: list[Block] = []
    for first in range(0, len(rows), _ROWS_PER_BLOCK):
        some = rows[first : first + _ROWS_PER_BLOCK]
        blocks += blocks_of_rows(table.first_row + start + first, some, columns)
    return blocks


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
