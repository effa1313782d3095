"""A table's part: its area, columns and formulas, and the part as it reads after a resize. Knows no cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.xml.cell_text import unescape_text
from excel_client.file_engine.xml.xml_spans import read_tree, set_attribute, splice

__all__ = ["TableColumnPart", "TablePart", "read_table", "resized_table"]

_LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumnPart:
    """A column: its header, and its formula without the equals sign if it is a calculated one."""

    name: str
    formula: str | None
    formula_is_array: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePart:
    """What a table's part says."""

    name: str
    display_name: str
    area: Area
    header_rows: int
    totals_rows: int
    columns: tuple[TableColumnPart, ...]
    has_filter: bool
    style_name: str | None

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


def read_table(data: bytes, place: str) -> TablePart:
    """Return what a table's part says; PackageDamaged where it contradicts itself."""
    root = read_tree(data, place)
    attributes = root.attributes
    columns = root.find("tableColumns")
    style = root.find("tableStyleInfo")
    try:
        area = Area.parse(attributes["ref"])
        table = TablePart(
            name=attributes.get("name", attributes["displayName"]),
            display_name=attributes["displayName"],
            area=area,
            header_rows=int(attributes.get("headerRowCount", "1")),
            totals_rows=int(attributes.get("totalsRowCount", "0")),
            columns=tuple(
                _column(element.attributes["name"], element.find("calculatedColumnFormula"))
                for element in (columns.children if columns else ())
            ),
            has_filter=root.find("autoFilter") is not None,
            style_name=style.attributes.get("name") if style else None,
        )
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error
    if len(table.columns) != area.columns or table.first_row > table.last_row + 1:
        raise PackageDamaged(place)
    return table


def _column(name: str, formula: object) -> TableColumnPart:
    text = getattr(formula, "text", None)
    attributes = getattr(formula, "attributes", {})
    return TableColumnPart(
        name=unescape_text(name.replace("&", "&amp;")) if "_x" in name else name,
        formula=_LINE_END.sub("\n", text) if text is not None else None,
        formula_is_array=attributes.get("array") in {"1", "true"},
    )


def resized_table(data: bytes, table: TablePart, area: Area, place: str) -> bytes:
    """Return the part with another last row; filter and sort areas follow."""
    root = read_tree(data, place)
    tag = set_attribute(data[root.start : root.open_end], "ref", area.text())
    if "insertRow" in root.attributes:
        tag = set_attribute(tag, "insertRow", None)
    edits = [(root.start, root.open_end, tag)]
    for element in root.walk():
        if element.name not in {"autoFilter", "sortState", "sortCondition"}:
            continue
        try:
            old = Area.parse(element.attributes["ref"])
        except (KeyError, ValueError) as error:
            raise PackageDamaged(place) from error
        if old.bottom != table.last_row:
            continue
        new = Area(old.top, old.left, area.bottom - table.totals_rows, old.right)
        element_tag = set_attribute(data[element.start : element.open_end], "ref", new.text())
        edits.append((element.start, element.open_end, element_tag))
    return splice(data, edits)
