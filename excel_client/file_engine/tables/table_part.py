"""A table's part as it is read: its area, columns, formulas, totals and style. Knows no cells and changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideSheet, PackageDamaged
from excel_client.file_engine.xml.cell_text import unescape_text
from excel_client.file_engine.xml.xml_spans import Element, read_tree

__all__ = ["STYLE_FLAGS", "TableColumnPart", "TablePart", "part_area", "read_table"]

#: What a table's style may be used for.
STYLE_FLAGS = ("showFirstColumn", "showLastColumn", "showRowStripes", "showColumnStripes")
_LINE_END = re.compile(r"\r\n?")
_TRUE = {"1", "true"}
_NO_FUNCTION = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumnPart:
    """A column: its header, its formula if it is a calculated one, and what its totals row shows."""

    name: str
    #: Without the equals sign.
    formula: str | None
    formula_is_array: bool
    totals_label: str | None = None
    #: sum, average, count ..., or custom, which has a formula of its own.
    totals_function: str | None = None
    totals_formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """What a table's part says."""

    name: str
    display_name: str
    #: What tells it apart in the workbook.
    key: str
    area: Area
    header_rows: int
    totals_rows: int
    columns: tuple[TableColumnPart, ...]
    has_filter: bool
    #: Whether rows are hidden because of the filter.
    filters_rows: bool
    style_name: str | None
    style_flags: frozenset[str]
    #: Whether its only row of data is a blank one that waits for values.
    awaits_rows: bool
    #: Whether a totals row was ever shown.
    had_totals: bool
    #: Whether its columns are its own; those of a query or an XML map are not.
    is_plain: bool

    @property
    def first_row(self) -> int:
        """First row of data."""
        return self.area.top + self.header_rows

    @property
    def last_row(self) -> int:
        """Last row of data."""
        return self.area.bottom - self.totals_rows

    @property
    def body(self) -> Area:
        """The data, without header and totals."""
        return Area(self.first_row, self.area.left, self.last_row, self.area.right)

    @property
    def header(self) -> Area | None:
        """The header row, None where it is hidden."""
        area = self.area
        return Area(area.top, area.left, area.top, area.right) if self.header_rows else None

    @property
    def totals(self) -> Area | None:
        """The totals row, None without one."""
        area = self.area
        return Area(area.bottom, area.left, area.bottom, area.right) if self.totals_rows else None


def part_area(text: str, place: str) -> Area:
    """Return an area that a part states; PackageDamaged where it is none, or lies outside of any sheet."""
    try:
        return Area.parse(text)
    except (ValueError, OutsideSheet) as error:
        raise PackageDamaged(place) from error


def read_table(data: bytes, place: str) -> TablePart:
    """Return what a table's part says; PackageDamaged where it contradicts itself."""
    root = read_tree(data, place)
    attributes = root.attributes
    columns = root.find("tableColumns")
    style = root.find("tableStyleInfo")
    filtering = root.find("autoFilter")
    try:
        table = TablePart(
            name=attributes.get("name", attributes["displayName"]),
            display_name=attributes["displayName"],
            key=attributes.get("id", ""),
            area=part_area(attributes["ref"], place),
            header_rows=_row_count(attributes.get("headerRowCount", "1")),
            totals_rows=_row_count(attributes.get("totalsRowCount", "0")),
            columns=tuple(_column(element) for element in (columns.children if columns else ())),
            has_filter=filtering is not None,
            filters_rows=filtering is not None and bool(filtering.all("filterColumn")),
            style_name=style.attributes.get("name") if style else None,
            style_flags=frozenset(
                flag for flag in STYLE_FLAGS if style and style.attributes.get(flag) in _TRUE
            ),
            awaits_rows=attributes.get("insertRow") in _TRUE,
            had_totals=attributes.get("totalsRowShown", "1") in _TRUE,
            is_plain=attributes.get("tableType", "worksheet") == "worksheet",
        )
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error
    if len(table.columns) != table.area.columns or table.first_row > table.last_row + 1:
        raise PackageDamaged(place)
    return table


def _row_count(text: str) -> int:
    """Return how many rows a header or totals row has: one or none, no file of Excel's says anything else."""
    count = int(text)
    if count not in {0, 1}:
        raise ValueError
    return count


def _column(element: Element) -> TableColumnPart:
    attributes = element.attributes
    formula = element.find("calculatedColumnFormula")
    totals = element.find("totalsRowFormula")
    function = attributes.get("totalsRowFunction", _NO_FUNCTION)
    return TableColumnPart(
        name=_unescaped(attributes["name"]),
        formula=_LINE_END.sub("\n", formula.text) if formula is not None else None,
        formula_is_array=formula is not None and formula.attributes.get("array") in _TRUE,
        totals_label=(
            _unescaped(attributes["totalsRowLabel"]) if "totalsRowLabel" in attributes else None
        ),
        totals_function=function if function != _NO_FUNCTION else None,
        totals_formula=totals.text if totals is not None else None,
    )


def _unescaped(text: str) -> str:
    """Return an attribute's text, which the XML reader resolved already, without Excel's own escapes."""
    return unescape_text(text.replace("&", "&amp;")) if "_x" in text else text
