"""
A table's part with one thing changed and everything else as it was, byte for byte. Knows no cells.

Source: ECMA-376 part 1, 18.5.1 (table, tableColumn, tableStyleInfo).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.tables.table_part import (
    STYLE_FLAGS,
    TableColumnPart,
    TablePart,
    part_area,
)
from excel_client.file_engine.xml.cell_text import attribute_text, escape_text
from excel_client.file_engine.xml.element_edits import Edit, inserted, removed, tag_edit
from excel_client.file_engine.xml.xml_spans import MAIN, Element, read_tree, splice, whole_number

__all__ = [
    "TABLE_RELATION",
    "TABLE_TYPE",
    "new_table",
    "with_area",
    "with_attributes",
    "with_calculated_columns",
    "with_column_names",
    "with_columns",
    "with_filter",
    "with_sort_state",
    "with_style",
    "with_totals",
]

TABLE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
TABLE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
_SPACES = re.compile("[\t\n\r]")


def name_attribute(text: str) -> str:
    """Return a header as the part holds it: what a cell's text escapes, and line ends too."""
    escaped = escape_text(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _SPACES.sub(lambda match: f"_x{ord(match[0]):04x}_", escaped)


def new_table(
    key: int, name: str, area: Area, headers: Sequence[str], style: str | None, *, awaits_rows: bool
) -> bytes:
    """Return the part of a new table with a header row and filter buttons."""
    columns = "".join(
        f'<tableColumn id="{number}" name="{attribute_text(name_attribute(header))}"/>'
        for number, header in enumerate(headers, 1)
    )
    named = f' name="{attribute_text(style)}"' if style else ""
    waiting = ' insertRow="1"' if awaits_rows else ""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<table xmlns="{MAIN}" id="{key}" name="{name}" displayName="{name}" ref="{area.text()}"{waiting}'
        f' totalsRowShown="0"><autoFilter ref="{area.text()}"/>'
        f'<tableColumns count="{len(headers)}">{columns}</tableColumns>'
        f'<tableStyleInfo{named} showFirstColumn="0" showLastColumn="0" showRowStripes="1"'
        ' showColumnStripes="0"/></table>'
    ).encode()


def with_attributes(data: bytes, place: str, attributes: Mapping[str, str | None]) -> bytes:
    """Return the part with attributes of the table itself set, or removed for None."""
    root = read_tree(data, place)
    return splice(data, [tag_edit(data, root, **attributes)])


def with_style(
    data: bytes, place: str, *, name: str | None, flags: Mapping[str, bool] | None = None
) -> bytes:
    """Return the part with a table style, none for None, and some of its flags set."""
    root = read_tree(data, place)
    set_flags = {flag: str(int(value)) for flag, value in (flags or {}).items()}
    style = root.find("tableStyleInfo")
    if style is not None:
        return splice(data, [tag_edit(data, style, name=name, **set_flags)])
    prefix = root.prefix(data).decode()
    stated = {"name": name, **dict.fromkeys(STYLE_FLAGS, "0"), **set_flags}
    attributes = "".join(
        f' {flag}="{attribute_text(value)}"' for flag, value in stated.items() if value is not None
    )
    written = f"<{prefix}tableStyleInfo{attributes}/>".encode()
    return splice(data, [inserted(data, root, written, before=root.find("extLst"))])


def with_filter(data: bytes, place: str, area: Area | None) -> bytes:
    """Return the part with filter buttons over an area, or without filter for None."""
    root = read_tree(data, place)
    standing = root.find("autoFilter")
    if area is None:
        return splice(data, [removed(standing)] if standing else [])
    if standing is not None:
        return splice(data, [tag_edit(data, standing, ref=area.text())])
    written = f'<{root.prefix(data).decode()}autoFilter ref="{area.text()}"/>'.encode()
    return splice(data, [(root.open_end, root.open_end, written)])


def with_sort_state(
    data: bytes, place: str, body: Area, keys: Sequence[tuple[Area, bool]]
) -> bytes:
    """Return the part that says by which columns its data are sorted; the flag says whether upwards."""
    root = read_tree(data, place)
    prefix = root.prefix(data).decode()
    falling = ' descending="1"'
    conditions = "".join(
        f'<{prefix}sortCondition{"" if rises else falling} ref="{area.text()}"/>'
        for area, rises in keys
    )
    name = f"{prefix}sortState"
    written = f'<{name} ref="{body.text()}">{conditions}</{name}>'.encode()
    standing = root.find("sortState")
    if standing is not None:
        return splice(data, [(standing.start, standing.end, written)])
    return splice(data, [inserted(data, root, written, before=root.find("tableColumns"))])


def with_area(
    data: bytes,
    place: str,
    table: TablePart,
    area: Area,
    *,
    header_rows: int | None = None,
    totals_rows: int | None = None,
) -> bytes:
    """Return the part over another area; the filter goes with the header, sorted areas follow the data."""
    headers = table.header_rows if header_rows is None else header_rows
    totals = table.totals_rows if totals_rows is None else totals_rows
    root = read_tree(data, place)
    attributes: dict[str, str | None] = {"ref": area.text()}
    if headers != table.header_rows:
        attributes["headerRowCount"] = None if headers else "0"
    if totals != table.totals_rows:
        attributes["totalsRowCount"] = "1" if totals else None
        attributes["totalsRowShown"] = None
    if "insertRow" in root.attributes and area.rows != table.area.rows:
        attributes["insertRow"] = None
    edits = [tag_edit(data, root, **attributes)]
    data_area = Area(area.top + headers, area.left, area.bottom - totals, area.right)
    standing = root.find("autoFilter")
    if standing is not None and headers:
        covered = Area(area.top, area.left, data_area.bottom, area.right)
        edits.append(tag_edit(data, standing, ref=covered.text()))
        edits += _sorted_areas(data, place, standing, data_area)
    elif standing is not None:
        edits.append(removed(standing))
    edits += _sorted_areas(data, place, root, data_area)
    return splice(data, edits)


def _sorted_areas(data: bytes, place: str, parent: Element, body: Area) -> list[Edit]:
    """Return the edits that let the areas of a sort state cover the data; a column that left is not sorted by."""
    edits: list[Edit] = []
    for state in parent.all("sortState"):
        conditions = state.all("sortCondition")
        columns = [part_area(c.attributes.get("ref", ""), place) for c in conditions]
        kept = [body.left <= column.left and column.right <= body.right for column in columns]
        if not any(kept):
            edits.append(removed(state))
            continue
        edits.append(tag_edit(data, state, ref=body.text()))
        for condition, column, stays in zip(conditions, columns, kept, strict=True):
            ref = Area(body.top, column.left, body.bottom, column.right).text()
            edits.append(tag_edit(data, condition, ref=ref) if stays else removed(condition))
    return edits


def with_column_names(data: bytes, place: str, names: Mapping[int, str]) -> bytes:
    """Return the part with other headers, by their 0-based places."""
    columns = read_tree(data, place).find("tableColumns")
    assert columns is not None, "the part was read before"
    return splice(
        data,
        [
            tag_edit(data, columns.children[at], name=name_attribute(name))
            for at, name in names.items()
        ],
    )


def with_calculated_columns(data: bytes, place: str, formulas: Mapping[int, str]) -> bytes:
    """Return the part in which some columns, by their 0-based places, are calculated by stored formulas."""
    columns = read_tree(data, place).find("tableColumns")
    assert columns is not None, "the part was read before"
    edits: list[Edit] = []
    for at, formula in formulas.items():
        element = columns.children[at]
        prefix = element.prefix(data).decode()
        name = f"{prefix}calculatedColumnFormula"
        written = f"<{name}>{escape_text(formula)}</{name}>".encode()
        standing = element.find("calculatedColumnFormula")
        if standing is not None:
            edits.append((standing.start, standing.end, written))
        elif element.end == element.open_end:
            tag = data[element.start : element.open_end].removesuffix(b"/>").rstrip() + b">"
            closing = f"</{prefix}tableColumn>".encode()
            edits.append((element.start, element.end, tag + written + closing))
        else:
            edits.append((element.open_end, element.open_end, written))
    return splice(data, edits)


def with_columns(data: bytes, place: str, columns: Sequence[int | str]) -> bytes:
    """
    Return the part with these columns: standing ones by their 0-based places, new ones by their headers.

    Filters follow their columns; those of columns that leave go with them.
    """
    root = read_tree(data, place)
    container = root.find("tableColumns")
    assert container is not None, "the part was read before"
    standing = container.children
    prefix = container.prefix(data).decode()
    key = max((whole_number(column, "id", place, "0") for column in standing), default=0)
    written = []
    for column in columns:
        if isinstance(column, int):
            written.append(data[standing[column].start : standing[column].end])
            continue
        key += 1
        name = attribute_text(name_attribute(column))
        written.append(f'<{prefix}tableColumn id="{key}" name="{name}"/>'.encode())
    opening = (
        f'<{prefix}tableColumns count="{len(columns)}">'.encode(),
        *written,
        f"</{prefix}tableColumns>".encode(),
    )
    edits: list[Edit] = [(container.start, container.end, b"".join(opening))]
    places = {column: str(at) for at, column in enumerate(columns) if isinstance(column, int)}
    filtering = root.find("autoFilter")
    for element in filtering.all("filterColumn") if filtering else ():
        moved = places.get(whole_number(element, "colId", place, "-1"))
        edits.append(removed(element) if moved is None else tag_edit(data, element, colId=moved))
    return splice(data, edits)


def with_totals(data: bytes, place: str, totals: Mapping[int, TableColumnPart]) -> bytes:
    """Return the part in which the totals of some columns, by their 0-based places, are stated as given."""
    columns = read_tree(data, place).find("tableColumns")
    assert columns is not None, "the part was read before"
    edits: list[Edit] = []
    for at, column in totals.items():
        element = columns.children[at]
        label = column.totals_label
        tag = tag_edit(
            data,
            element,
            totalsRowLabel=None if label is None else name_attribute(label),
            totalsRowFunction=column.totals_function,
        )[2]
        prefix = element.prefix(data).decode()
        inner = data[element.open_end : element.close_start]
        standing = element.find("totalsRowFormula")
        if standing is not None:
            start, end = standing.start - element.open_end, standing.end - element.open_end
            inner = inner[:start] + inner[end:]
        if column.totals_formula is not None:
            name = f"{prefix}totalsRowFormula"
            formula = f"<{name}>{escape_text(column.totals_formula)}</{name}>".encode()
            calculated = element.find("calculatedColumnFormula")
            at_end = calculated.end - element.open_end if calculated else 0
            inner = inner[:at_end] + formula + inner[at_end:]
        if tag.endswith(b"/>"):
            tag = tag[:-2].rstrip() + b">"
        closing = f"</{prefix}tableColumn>".encode()
        whole = tag + inner + closing if inner.strip() else tag[:-1] + b"/>"
        edits.append((element.start, element.end, whole))
    return splice(data, edits)
