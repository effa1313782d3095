"""
Columns' own widths, formats and levels (`cols`), when whole columns come or go.

Source: ECMA-376 part 1, 18.3.1.13 (col), 18.3.1.17 (cols). Knows no cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from excel_client.file_engine.formulas.references import COLUMN_LIMIT
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.sheet.sheet_surroundings import SheetSurroundings
from excel_client.file_engine.xml.xml_spans import set_attribute

__all__ = ["ColumnRun", "columns_deleted", "columns_inserted", "put_columns", "read_columns"]

_NOT_TAKEN_OVER = ("hidden", "collapsed", "outlineLevel")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRun:
    """Columns that are alike: first, last, and the opening tag that says how they are."""

    first: int
    last: int
    tag: bytes

    def is_like(self, other: ColumnRun) -> bool:
        """Whether the other columns are the same in all but their place."""
        return _without_place(self.tag) == _without_place(other.tag)


def _without_place(tag: bytes) -> bytes:
    return set_attribute(set_attribute(tag, "min", None), "max", None)


def read_columns(surroundings: SheetSurroundings) -> list[ColumnRun]:
    """Return what a sheet states of its columns, in their order."""
    element = surroundings.root.find("cols")
    whole = surroundings.whole
    try:
        return [
            ColumnRun(
                first=int(child.attributes["min"]),
                last=int(child.attributes["max"]),
                tag=whole[child.start : child.open_end],
            )
            for child in (element.children if element else ())
        ]
    except (KeyError, ValueError) as error:
        raise PackageDamaged(surroundings.place) from error


def put_columns(surroundings: SheetSurroundings, runs: list[ColumnRun]) -> None:
    """Let a sheet state this of its columns."""
    written = []
    for run in runs:
        tag = set_attribute(set_attribute(run.tag, "min", str(run.first)), "max", str(run.last))
        written.append(tag if tag.endswith(b"/>") else tag[:-1].rstrip() + b"/>")
    prefix = surroundings.prefix().encode()
    inner = b"".join(written)
    element = b"<%bcols>%b</%bcols>" % (prefix, inner, prefix) if inner else b""
    surroundings.put_children("cols", element)


def columns_inserted(surroundings: SheetSurroundings, left: int, by: int, *, after: bool) -> None:
    """Let whole columns appear; they look like the one left of them, or (`after`) right of them, but are visible."""
    runs = read_columns(surroundings)
    if not runs:
        return
    model = left if after else left - 1
    moved: list[ColumnRun] = []
    for run in runs:
        if run.last < left:
            moved.append(run)
        elif run.first >= left:
            moved.append(replace(run, first=run.first + by, last=run.last + by))
        else:
            moved.append(replace(run, last=left - 1))
            moved.append(replace(run, first=left + by, last=run.last + by))
    like = next((run for run in runs if run.first <= model <= run.last), None)
    if like is not None:
        levels = {_level(run) for run in runs if run.first <= left and run.last >= left - 1}
        is_split = like.first < left <= like.last
        tag = like.tag
        for name in _NOT_TAKEN_OVER:
            tag = set_attribute(tag, name, None)
        level = _level(like) if is_split else min(levels) if len(levels) > 1 else 0
        if level:
            tag = set_attribute(tag, "outlineLevel", str(level))
        moved.append(ColumnRun(first=left, last=left + by - 1, tag=tag))
    kept = [replace(r, last=min(r.last, COLUMN_LIMIT)) for r in moved if r.first <= COLUMN_LIMIT]
    put_columns(surroundings, _joined(kept, {left, left + by}))


def _level(run: ColumnRun) -> int:
    text = run.tag.partition(b'outlineLevel="')[2].partition(b'"')[0]
    return int(text) if text.isdigit() else 0


def columns_deleted(surroundings: SheetSurroundings, left: int, by: int) -> None:
    """Let whole columns go; what reached the last column of the sheet still does."""
    runs = read_columns(surroundings)
    if not runs:
        return

    def moved(run: ColumnRun) -> ColumnRun:
        first = run.first if run.first < left else max(left, run.first - by)
        last = run.last if run.last < left else max(left - 1, run.last - by)
        return replace(run, first=first, last=COLUMN_LIMIT if run.last == COLUMN_LIMIT else last)

    kept = [run for run in map(moved, runs) if run.first <= run.last]
    put_columns(surroundings, _joined(kept, {left}))


def _joined(runs: list[ColumnRun], borders: set[int]) -> list[ColumnRun]:
    """Return runs in their order, those joined that are alike and meet at a border."""
    ordered = sorted(runs, key=lambda run: run.first)
    joined = ordered[:1]
    for before, run in pairwise(ordered):
        if run.first in borders and before.last + 1 == run.first and before.is_like(run):
            joined[-1] = replace(joined[-1], last=run.last)
        else:
            joined.append(run)
    return joined
