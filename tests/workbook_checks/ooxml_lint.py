"""
Finds what makes Excel say "We found a problem with some content": faults that schema validators miss.

By the standard library alone, from ECMA-376 and Excel's documented limits. Not exhaustive: the corpus of planted faults
in tests/unit/workbooks says what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.workbook_checks.ooxml_package import (
    Finding,
    Package,
    PackageUnreadable,
    check_package,
    open_package,
)
from tests.workbook_checks.ooxml_sheets import Sheet, check_sheet
from tests.workbook_checks.ooxml_tables import (
    check_table_identities,
    check_tables_of,
    read_tables,
)
from tests.workbook_checks.ooxml_workbook import (
    check_calculation_chain,
    check_workbook,
    read_workbook,
)

__all__ = ["Finding", "lint"]


def lint(source: Path | bytes) -> list[Finding]:
    """Return every finding in a workbook, sorted; none for a workbook that Excel opens without a word."""
    try:
        package = open_package(source)
    except PackageUnreadable as unreadable:
        return sorted(unreadable.findings)
    return sorted(set(_findings_in(package)))


def _findings_in(package: Package) -> Iterator[Finding]:
    yield from check_package(package)
    workbook = read_workbook(package)
    yield from check_workbook(package, workbook)
    tables = read_tables(package)
    yield from check_table_identities(tables, workbook)
    formula_cells = {}
    for name, part in workbook.sheet_parts.items():
        if part not in package.parts:
            continue
        here = [table for table in tables if table.sheet_part == part]
        header_rows = frozenset(table.area.top for table in here if table.area is not None)
        sheet = Sheet(name=name, part=part, header_rows=header_rows)
        yield from check_sheet(package, workbook, sheet)
        yield from check_tables_of(sheet, here, workbook)
        formula_cells[part] = frozenset(sheet.formula_cells)
    yield from check_calculation_chain(package, workbook, formula_cells)
