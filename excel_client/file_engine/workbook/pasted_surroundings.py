"""
What comes along with copied cells: merged cells, rules, links, the looks of whole rows and columns.

Judged and read before anything is changed. Notes, comments and sparklines are left to Excel: cells that have them are
refused. Knows no xlwings.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.references import COLUMN_LIMIT, Area
from excel_client.file_engine.problems import MergedCellsInTheWay, OutsideFileEngine
from excel_client.file_engine.sheet.cell_shifts import spans_columns, spans_rows
from excel_client.file_engine.sheet.column_shifts import ColumnRun, put_columns, read_columns
from excel_client.file_engine.sheet.conditional_formats import clear_rules
from excel_client.file_engine.sheet.copied_rules import (
    CONDITIONAL,
    VALIDATION,
    copied_rules,
    judge_rules,
    meets_sparkline,
    put_merges,
    put_rules,
)
from excel_client.file_engine.sheet.row_pieces import row_opening
from excel_client.file_engine.sheet.validations import delete_validations
from excel_client.file_engine.workbook.hyperlinks import (
    Hyperlink,
    add_hyperlink,
    delete_hyperlinks,
    links_in,
)
from excel_client.file_engine.workbook.notes import noted_cells
from excel_client.file_engine.workbook.paste_kinds import PasteKind
from excel_client.file_engine.xml.xml_spans import set_attribute

if TYPE_CHECKING:
    from excel_client.file_engine.workbook.cell_transfers import CellBlock

__all__ = ["PastedSurroundings"]

_TILES_LIMIT = 1000
_WIDTH = ("width", "customWidth", "bestFit", "hidden")


class PastedSurroundings:
    """What comes along with one paste."""

    def __init__(
        self, source: CellBlock, target: CellBlock, kind: PasteKind, *, transpose: bool
    ) -> None:
        self._source, self._target = source, target
        self._kind = kind
        self._transpose = transpose
        self._merges: list[Area] = []
        self._rules: dict[tuple[str, str], list[bytes]] = {}
        self._links: list[tuple[Area, Hyperlink]] = []
        self._row_tags: dict[int, bytes] = {}
        self._is_foreign = source.document is not target.document

    def judge(self) -> None:
        """Refuse what can't come along exactly, and read what does."""
        self._judge_merges()
        wanted = self._rule_kinds()
        for kind in wanted:
            self._read_rules(kind)
        if self._kind.takes_all or self._kind is PasteKind.COMMENTS:
            self._judge_extras()
        if self._kind.takes_all:
            self._read_links()
        if self._kind.takes_formats and spans_rows(self._source.area):
            self._read_rows()

    def _rule_kinds(self) -> list[tuple[str, str]]:
        if self._kind.takes_all:
            return [CONDITIONAL, VALIDATION]
        if self._kind is PasteKind.FORMATS:
            return [CONDITIONAL]
        return [VALIDATION] if self._kind is PasteKind.VALIDATION else []

    def _refused(self) -> OutsideFileEngine:
        return OutsideFileEngine(self._source.model.where(self._source.area.text()))

    def _offsets(self) -> list[tuple[int, int]]:
        source, target = self._source.area, self._target.area
        downs = range(target.top - source.top, target.bottom - source.top + 1, source.rows)
        rights = range(target.left - source.left, target.right - source.left + 1, source.columns)
        if len(downs) * len(rights) > _TILES_LIMIT:
            raise self._refused()
        return list(product(downs, rights))

    # Merged cells

    def _judge_merges(self) -> None:
        target = self._target
        standing = target.model.surroundings.merged
        if not self._kind.takes_formats:
            for merged in standing:
                anchor = Area(merged.top, merged.left, merged.top, merged.left)
                if merged.meets(target.area) and target.area != anchor:
                    raise MergedCellsInTheWay(target.model.where(merged.text()))
            self._merges = list(standing)
            return
        self._merges = [merged for merged in standing if not merged.meets(target.area)]
        for merged in self._source.model.surroundings.merged:
            if not merged.meets(self._source.area):
                continue
            if not self._source.area.holds(merged) or self._transpose:
                raise MergedCellsInTheWay(self._source.model.where(merged.text()))
            self._merges += [_moved(merged, offset) for offset in self._offsets()]

    # Rules, links and what is not copied

    def _read_rules(self, kind: tuple[str, str]) -> None:
        source = self._source
        judge_rules(source.model, source.area, kind)
        found = copied_rules(source.model, source.area, [(0, 0)], kind)
        if found and (self._is_foreign or self._transpose):
            raise self._refused()
        if self._kind is PasteKind.ALL_MERGING and kind == CONDITIONAL and found:
            raise self._refused()
        self._rules[kind] = []
        if found:
            offsets = self._offsets()
            self._rules[kind] = copied_rules(source.model, source.area, offsets, kind)
            same = source.model.surroundings.prefix() == self._target.model.surroundings.prefix()
            if not same:
                raise self._refused()

    def _judge_extras(self) -> None:
        for block in (self._source, self._target):
            cells = noted_cells(block.document, block.entry)
            if any(block.area.holds(Area(row, column, row, column)) for row, column in cells):
                raise OutsideFileEngine(block.model.where(block.area.text()))
            if meets_sparkline(block.model, block.area):
                raise OutsideFileEngine(block.model.where(block.area.text()))

    def _read_links(self) -> None:
        source = self._source
        found = links_in(source.document, source.entry, source.area)
        if not found:
            return
        if self._transpose:
            raise self._refused()
        for offset in self._offsets():
            self._links += [(_moved(area, offset), link) for area, link in found]

    # Whole rows

    def _read_rows(self) -> None:
        source, target = self._source, self._target
        if self._is_foreign and any(
            b" s=" in row_opening(source.model.rows.row(number), "")
            for number in source.model.rows.existing(source.area.top, source.area.bottom)
        ):
            raise self._refused()
        standing = source.model.rows.existing(source.area.top, source.area.bottom)
        for number in target.model.rows.existing(target.area.top, target.area.bottom):
            self._row_tags[number] = b""
        for start in range(target.area.top, target.area.bottom + 1, source.area.rows):
            for number in standing:
                row = source.model.rows.row(number)
                tag = row_opening(row, source.model.where(number)) if row else b"<row>"
                tag = set_attribute(set_attribute(tag.strip(), "r", None), "spans", None)
                attributes = tag.removeprefix(b"<row").removesuffix(b">")
                self._row_tags[start + number - source.area.top] = attributes

    # Applying

    def apply(self) -> None:
        """Let it come along; the cells are changed by who calls."""
        source, target = self._source, self._target
        if self._kind is PasteKind.COLUMN_WIDTHS:
            self._put_widths()
            return
        put_merges(target.model, self._merges)
        if CONDITIONAL in self._rules:
            clear_rules(target.model, target.area)
        if VALIDATION in self._rules:
            delete_validations(target.model, target.area)
        for kind, rules in self._rules.items():
            put_rules(target.model, rules, kind)
        if self._kind.takes_all:
            delete_hyperlinks(target.document, target.entry, target.area)
            for area, link in self._links:
                add_hyperlink(target.document, target.entry, area, link)
        if not self._kind.takes_formats:
            return
        if spans_columns(source.area) and spans_columns(target.area) and not self._is_foreign:
            self._put_columns()
        for number, attributes in self._row_tags.items():
            _, cells, rest = target.model.rows.parts(number)
            target.model.rows.put(number, attributes, cells, rest)

    def _put_columns(self) -> None:
        """Let whole columns look like those they are copied from."""
        area, source = self._target.area, self._source.area
        copied = []
        runs = read_columns(self._source.model.surroundings)
        for left in range(area.left, area.right + 1, source.columns):
            by = left - source.left
            for run in runs:
                first, last = max(run.first, source.left), min(run.last, source.right)
                if first <= last:
                    copied.append(replace(run, first=first + by, last=last + by))
        around = self._target.model.surroundings
        kept = _without(read_columns(around), area.left, area.right)
        put_columns(around, sorted([*kept, *copied], key=lambda run: run.first))
        self._target.model.changed = True

    def _put_widths(self) -> None:
        """Let columns have the widths of those they are copied from."""
        area, source = self._target.area, self._source.area
        stated = read_columns(self._source.model.surroundings)
        around = self._target.model.surroundings
        standing = read_columns(around)
        changed = []
        for column in range(area.left, area.right + 1):
            place = source.left + (column - area.left) % source.columns
            model = next((run.tag for run in stated if run.first <= place <= run.last), None)
            own = next((run.tag for run in standing if run.first <= column <= run.last), None)
            if model is None and own is None:
                continue
            tag = own or b"<%bcol/>" % around.prefix().encode()
            for name in _WIDTH:
                tag = set_attribute(tag, name, _attribute(model, name))
            changed.append(ColumnRun(first=column, last=column, tag=tag))
        kept = _without(standing, area.left, area.right)
        put_columns(around, sorted([*kept, *changed], key=lambda run: run.first))
        self._target.model.changed = True


def _attribute(tag: bytes | None, name: str) -> str | None:
    if tag is None:
        return None
    _, mark, rest = tag.replace(b"'", b'"').partition(b' %b="' % name.encode())
    return rest.partition(b'"')[0].decode() if mark else None


def _without(runs: list[ColumnRun], left: int, right: int) -> list[ColumnRun]:
    """Return runs without the columns between two."""
    pieces = []
    for run in runs:
        pieces += [
            replace(run, last=min(run.last, left - 1)),
            replace(run, first=max(run.first, right + 1)),
        ]
    return [run for run in pieces if run.first <= run.last <= COLUMN_LIMIT]


def _moved(area: Area, offset: tuple[int, int]) -> Area:
    down, right = offset
    return Area(area.top + down, area.left + right, area.bottom + down, area.right + right)
