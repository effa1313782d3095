"""What is wrong with a sheet's tables: the faults that schema validators miss and Excel does not forgive."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

from tests.workbook_checks.ooxml_formulas import check_formula
from tests.workbook_checks.ooxml_package import MAIN, Finding, Package
from tests.workbook_checks.ooxml_references import Area, area_of
from tests.workbook_checks.ooxml_sheets import Sheet
from tests.workbook_checks.ooxml_workbook import Workbook, is_name

__all__ = ["Table", "check_table_identities", "check_tables_of", "read_tables"]

_STYLE_ATTRIBUTES = (
    "dataDxfId",
    "headerRowDxfId",
    "headerRowBorderDxfId",
    "tableBorderDxfId",
    "totalsRowDxfId",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: where it is, and its XML."""

    part: str
    sheet_part: str
    root: ET.Element
    #: None where the reference cannot be read.
    area: Area | None

    @property
    def name(self) -> str:
        """The name by which formulas call it."""
        return self.root.get("displayName", "")

    @property
    def has_header(self) -> bool:
        """Whether its first row holds the column names."""
        return self.root.get("headerRowCount", "1") != "0"

    @property
    def totals_rows(self) -> int:
        """How many rows at its end hold totals."""
        return int(self.root.get("totalsRowCount", "0"))

    @property
    def columns(self) -> list[ET.Element]:
        """Its columns in order."""
        return self.root.findall(f"{MAIN}tableColumns/{MAIN}tableColumn")


def read_tables(package: Package) -> list[Table]:
    """Return all tables that a sheet leads to."""
    tables = []
    for owner, relations in package.relations.items():
        for relation in relations.values():
            root = package.roots.get(relation.target)
            if relation.kind != "table" or root is None:
                continue
            try:
                area = area_of(root.get("ref", ""))
            except ValueError:
                area = None
            tables.append(Table(part=relation.target, sheet_part=owner, root=root, area=area))
    return tables


def check_table_identities(tables: list[Table], workbook: Workbook) -> Iterator[Finding]:
    """Find names and ids that are not valid, or not alone in the workbook."""
    names, ids = set(workbook.names), set()
    for table in tables:
        if not is_name(table.name):
            yield _finding(table, "table-name", table.name)
        if table.name.lower() in names:
            yield _finding(table, "table-duplicate", table.name)
        if table.root.get("id") in ids:
            yield _finding(table, "table-id-duplicate", f"id {table.root.get('id')}")
        names.add(table.name.lower())
        ids.add(table.root.get("id"))


def check_tables_of(sheet: Sheet, tables: list[Table], workbook: Workbook) -> Iterator[Finding]:
    """Find faults of the tables of one sheet, which has been read."""
    earlier: list[Area] = []
    for table in tables:
        yield from _check_columns(table, workbook)
        if table.area is None:
            yield _finding(table, "table-reference", table.root.get("ref", ""))
            continue
        yield from _check_shape(table, table.area)
        if table.has_header:
            yield from _check_header(table, table.area, sheet)
        if any(table.area.overlaps(area) for area in earlier):
            yield _finding(table, "table-overlap", table.name)
        if any(table.area.overlaps(area) for area in sheet.merged):
            yield _finding(table, "table-merge", "merged cells inside")
        if any(table.area.overlaps(area) and not area.is_one_cell for area in sheet.arrays):
            yield _finding(table, "table-array", "an array of several cells inside")
        earlier.append(table.area)


def _finding(table: Table, code: str, message: str) -> Finding:
    return Finding(code=code, part=table.part, message=message)


def _check_columns(table: Table, workbook: Workbook) -> Iterator[Finding]:
    columns = table.columns
    names = [column.get("name", "").lower() for column in columns]
    if len(set(names)) != len(names):
        yield _finding(table, "table-column-duplicate", "a column's name twice")
    if len({column.get("id") for column in columns}) != len(columns):
        yield _finding(table, "table-column-id", "a column's id twice")
    container = table.root.find(f"{MAIN}tableColumns")
    count = container.get("count") if container is not None else None
    if count is not None and int(count) != len(columns):
        yield _finding(table, "table-count", f"{len(columns)} columns, said to be {count}")
    for column in (table.root, *columns):
        for attribute in _STYLE_ATTRIBUTES:
            if int(column.get(attribute, "-1")) >= workbook.differential_formats:
                yield _finding(table, "table-style", f"no differential format for {attribute}")
    for column in columns:
        for tag in ("calculatedColumnFormula", "totalsRowFormula"):
            formula = column.findtext(f"{MAIN}{tag}")
            if formula:
                where = f"{table.name}[{column.get('name')}]"
                yield from check_formula(
                    formula, where=where, part=table.part, tables=workbook.tables
                )


def _check_shape(table: Table, area: Area) -> Iterator[Finding]:
    if len(table.columns) != area.right - area.left + 1:
        yield _finding(table, "table-width", f"{len(table.columns)} columns in its area")
    rows = area.bottom - area.top + 1
    if rows < int(table.has_header) + 1 + table.totals_rows:
        yield _finding(table, "table-rows", "no row for data")
    auto_filter = table.root.find(f"{MAIN}autoFilter")
    if auto_filter is None:
        return
    wanted = Area(
        top=area.top, left=area.left, bottom=area.bottom - table.totals_rows, right=area.right
    )
    try:
        covered = area_of(auto_filter.get("ref", ""))
    except ValueError:
        covered = None
    if covered != wanted:
        yield _finding(table, "table-filter", f"the filter covers {auto_filter.get('ref')}")


def _check_header(table: Table, area: Area, sheet: Sheet) -> Iterator[Finding]:
    for offset, column in enumerate(table.columns):
        name = re.sub(
            r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), column.get("name", "")
        )
        shown = sheet.header_texts.get((area.top, area.left + offset))
        if shown is None:
            yield _finding(table, "table-header", f"no text over column {name!r}")
        elif shown.replace("\r\n", "\n") != name.replace("\r\n", "\n"):
            yield _finding(table, "table-header", f"{shown!r} over column {name!r}")
