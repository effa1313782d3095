"""
Texts whose parts have fonts of their own: read from a cell or from the shared strings, and written into a cell.

Source: ECMA-376 part 1, 18.4.4 (r) and 18.4.8 (si). A text is written into its cell, never into the shared strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from excel_client.file_engine.formats.fonts import FontFormat
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.sheet.cells import style_of
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.xml.cell_text import escape_text, unescape_text
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute

__all__ = ["Run", "changed_runs", "put_runs", "read_rich_strings", "rich_cells", "runs_between"]

_INLINE = re.compile(rb"<is>.*</is>", re.DOTALL)
_SHARED = re.compile(rb"""\st\s*=\s*["']s["'][^<>]*>\s*<v(?:\s[^<>]*)?>\s*(\d+)\s*</v>""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A part of a text; without a font it has the cell's."""

    text: str
    font: FontFormat | None


def _read_runs(element: Element) -> tuple[Run, ...]:
    runs = []
    for run in element.all("r"):
        properties, text = run.find("rPr"), run.find("t")
        # Entities are resolved by now; Excel's own escapes are not.
        shown = unescape_text(text.text.replace("&", "&amp;")) if text else ""
        runs.append(Run(text=shown, font=FontFormat.read(properties) if properties else None))
    return tuple(runs)


def read_rich_strings(data: bytes, place: str) -> dict[int, tuple[Run, ...]]:
    """Return those of the shared strings whose parts have fonts, by their place."""
    if b"rPr>" not in data:
        return {}
    items = read_tree(data, place).all("si")
    return {
        index: runs
        for index, item in enumerate(items)
        if item.children and (runs := _read_runs(item))
    }


def rich_cells(
    model: SheetModel, area: Area, shared: Mapping[int, tuple[Run, ...]]
) -> Iterator[tuple[int, int, tuple[Run, ...]]]:
    """Yield row, column and runs of the cells of an area whose text has parts."""
    for number in model.rows.existing(area.top, area.bottom):
        row = model.rows.row(number)
        if b"<r>" not in row and not (shared and b't="s"' in row):
            continue
        for column, cell in model.rows.parts(number)[1].items():
            runs = _runs_of(cell, shared, model.name) if area.left <= column <= area.right else ()
            if runs:
                yield number, column, runs


def _runs_of(cell: bytes, shared: Mapping[int, tuple[Run, ...]], place: str) -> tuple[Run, ...]:
    inline = _INLINE.search(cell)
    if inline is not None:
        return _read_runs(read_tree(inline[0], place)) if b"<r>" in inline[0] else ()
    found = _SHARED.search(cell)
    return shared.get(int(found[1]), ()) if found else ()


def runs_between(runs: Sequence[Run], start: int, stop: int) -> list[Run]:
    """Return the runs of a part of a text."""
    found = []
    position = 0
    for run in runs:
        first, last = max(start - position, 0), min(stop - position, len(run.text))
        if first < last:
            found.append(replace(run, text=run.text[first:last]))
        position += len(run.text)
    return found


def changed_runs(
    runs: Sequence[Run], start: int, stop: int, change: Callable[[FontFormat | None], FontFormat]
) -> list[Run]:
    """Return the runs of a text with the fonts of a part of it changed."""
    length = sum(len(run.text) for run in runs)
    inside = [replace(run, font=change(run.font)) for run in runs_between(runs, start, stop)]
    joined: list[Run] = []
    for run in (*runs_between(runs, 0, start), *inside, *runs_between(runs, stop, length)):
        if joined and joined[-1].font == run.font:
            joined[-1] = replace(run, text=joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


def put_runs(model: SheetModel, row: int, column: int, runs: Sequence[Run]) -> None:
    """Write a text with fonts into a standing cell, which keeps its format."""
    attributes, cells, rest = model.rows.parts(row)
    cell = cells[column]
    tag = set_attribute(cell[: cell.index(b">") + 1], "t", "inlineStr")
    assert style_of(tag) == style_of(cell), "only the type changes"
    place = model.place(row, column)
    written = "".join(
        f"<r>{run.font.rendered('', of_run=True) if run.font else ''}"
        f'<t xml:space="preserve">{escape_text(run.text, place)}</t></r>'
        for run in runs
    )
    cells[column] = tag + f"<is>{written}</is></c>".encode()
    model.rows.put(row, attributes, cells, rest)
    model.changed = True
