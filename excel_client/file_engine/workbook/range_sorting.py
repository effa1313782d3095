"""
The rows of an area in another order, and without those that show the same as an earlier one, as Excel has it.

Values, formats and formulas of a row move together; relative references move as in a copy. Rows that are hidden stay
where they are. Refused where the order, or what a cell shows, is known to Excel alone. Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    MergedCellsInTheWay,
    OutsideFileEngine,
    TableTorn,
)
from excel_client.file_engine.sheet.cells import ErrorValue, has_content
from excel_client.file_engine.sheet.default_formats import DefaultFormats
from excel_client.file_engine.sheet.row_pieces import blank_cell, renumbered
from excel_client.file_engine.sheet.shown_texts import Unknown, shown_number
from excel_client.file_engine.sheet.sorting import sorted_order
from excel_client.file_engine.tables.table_growth import is_hidden
from excel_client.file_engine.workbook.cell_transfers import CellBlock, PlannedRows
from excel_client.file_engine.workbook.shift_limits import check_inside
from excel_client.file_engine.workbook.table_sorting import (
    arrange,
    judge_attached,
    shown_values,
    write_out_shared,
)

__all__ = ["remove_duplicates", "sort_rows"]


def sort_rows(block: CellBlock, keys: Sequence[int], ascending: Sequence[bool]) -> None:
    """Sort the rows of an area by columns, given by their 1-based places, the first one first."""
    area = _used(block)
    _judge(block, area)
    model, document = block.model, block.document
    rows = [
        number
        for number in range(area.top, area.bottom + 1)
        if not is_hidden(model.rows.row(number))
    ]
    if not rows:
        return
    columns = [area.left + key - 1 for key in keys]
    values = [shown_values(document, model, area, column, rows) for column in columns]
    order = sorted_order(values, ascending, since_1904=document.workbook.since_1904)
    write_out_shared(model, area)
    arrange(model, area, rows, order)
    model.forget_reaching()
    model.changed = True


def _used(block: CellBlock) -> Area:
    """Return an area without the rows behind the last one that stands."""
    check_inside(block.entry, block.area)
    area = block.area
    block.model.rows.settle()
    standing = block.model.rows.existing(area.top, area.bottom)
    last = max(standing, default=area.top)
    return Area(area.top, area.left, last, area.right)


def _judge(block: CellBlock, area: Area) -> None:
    """Refuse rows that can't change their places: merged ones, arrays, tables, what hangs on a cell."""
    model = block.model
    for merged in model.surroundings.merged:
        if merged.meets(area):
            raise MergedCellsInTheWay(model.where(merged.text()))
    for reaching in model.reaching_formulas():
        single = reaching.area.rows * reaching.area.columns == 1
        if reaching.kind != "shared" and not single and reaching.area.meets(area):
            raise ArrayFormulaInTheWay(model.where(reaching.area.text()))
    for table in block.document.tables(block.entry):
        if table.part.area.meets(area):
            raise TableTorn(model.where(table.part.display_name))
    judge_attached(block.document, block.entry, area)
    # A row's own format would stay behind for the cells that are not there.
    rows = [n for n in DefaultFormats(model).styled_rows() if area.top <= n <= area.bottom]
    if rows and len(rows) < area.rows:
        raise OutsideFileEngine(model.where(rows[0]))


def remove_duplicates(block: CellBlock, columns: Sequence[int]) -> None:
    """Keep the first of rows that show the same in columns, given by their 1-based places."""
    area = _used(block)
    _judge(block, area)
    model = block.model
    for number, cells in model.cells(area):
        if any(b"<f" in cell for cell in cells.values()):
            # How formulas follow their rows here is not told anywhere.
            raise OutsideFileEngine(model.where(number))
    shown = [_shown(block, area, area.left + column - 1) for column in columns]
    seen: set[tuple[Hashable, ...]] = set()
    kept = []
    for number, key in zip(range(area.top, area.bottom + 1), zip(*shown, strict=True), strict=True):
        if key not in seen:
            seen.add(key)
            kept.append(number)
    if len(kept) < area.rows:
        model.put_cells(area, _closed_up(block, area, kept))
        model.changed = True


def _shown(block: CellBlock, area: Area, column: int) -> list[Hashable]:
    """Return what tells the cells of a column apart: what they show, texts in any case."""
    model, styles = block.model, block.document.styles
    shown: list[Hashable] = []
    texts: set[str] = set()
    numbers: set[str] = set()
    cell_area = Area(area.top, column, area.bottom, column)
    held = {number: cells[column] for number, cells in model.cells(cell_area)}
    for number, (value,) in enumerate(model.read(cell_area), area.top):
        cell = held.get(number, b"")
        serial = model.number_of(cell) if cell else None
        if serial is not None:
            code = styles.number_format(int(model.style(number, column) or b"0"))
            text = shown_number(serial, code)
            if isinstance(text, Unknown):
                raise OutsideFileEngine(model.place(number, column))
            numbers.add(text)
            shown.append(("number", text))
        elif isinstance(value, str) and not isinstance(value, ErrorValue):
            texts.add(value)
            shown.append(("text", value.casefold()))
        else:
            shown.append((type(value).__name__, value))
    if texts & numbers:
        # Whether a text is the same as a number that looks like it is not told anywhere.
        raise OutsideFileEngine(model.where(cell_area.text()))
    return shown


def _closed_up(block: CellBlock, area: Area, kept: Sequence[int]) -> PlannedRows:
    """Return the rows of an area with the kept ones first; those that are left over are blank, in their formats."""
    model = block.model
    cells = dict(model.cells(area))
    planned: PlannedRows = []
    for number, source in zip(range(area.top, area.bottom + 1), kept, strict=False):
        if number != source:
            moved = {
                c: renumbered(cell, source, number) for c, cell in cells.get(source, {}).items()
            }
            gone = dict.fromkeys(cells.get(number, {}), b"")
            if gone | moved:
                planned.append((number, gone | moved))
    for number in range(area.top + len(kept), area.bottom + 1):
        blanks = {
            column: blank_cell(column, number, model.style(number, column))
            if has_content(cell)
            else cell
            for column, cell in cells.get(number, {}).items()
        }
        if blanks:
            planned.append((number, blanks))
    return planned
