"""
Anybody's workbook, changed in one place and left alone everywhere else.

Each is written to three times, from the same start: a value, a block of 1,000 rows, a table that takes more rows. The
samples are other people's; the few that are made here stand in for them where those are not at hand.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore, register
from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    FileEngineProblem,
    SignedWorkbook,
    StrictWorkbook,
    UnsafePackage,
    WriteRefused,
)
from tests.workbook_checks.libre_office import recalculate_all, skip_without_libre_office
from tests.workbook_checks.sample_workbooks import SAMPLES
from tests.workbook_checks.undisturbed import (
    Box,
    differing_cells,
    new_findings,
    new_objections,
    parts_of,
    pivot_boxes,
    touched_parts,
)

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "workbooks"
MANIFEST = DATA / "MANIFEST.csv"
#: What is refused, and by which problem: damaged or hostile ones, and two that can't be changed without harm.
REFUSED: dict[str, type[FileEngineProblem]] = {
    "SampleSS.strict.xlsx": StrictWorkbook,
    "ms-office-2010-signed.xlsx": SignedWorkbook,
    "protect.xlsx": EncryptedWorkbook,
    "encryptSHA512.xlsx": EncryptedWorkbook,
    "poc-xmlbomb.xlsx": UnsafePackage,
}
_MAY_CHANGE = ("xl/calcChain.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml")
#: What may read differently in parts that follow a table: a cache's flag, and where a chart's data stands.
_MAY_FOLLOW = {
    "xl/pivotCache/": re.compile(rb' refreshOnLoad="[01]"'),
    "xl/charts/": re.compile(rb"<((?:c:)?f)>[^<]*</\1>"),
}
_ROW_LIMIT, _COLUMN_LIMIT = 1_048_576, 16_384
_BLOCK_ROWS = 1000


@dataclass(kw_only=True)
class Change:
    """What was changed: the parts that may differ now, and the cells that may show something else."""

    parts: set[str] = field(default_factory=set)
    boxes: dict[str, list[Box]] = field(default_factory=dict)

    def add(self, sheet: xw.Sheet, box: Box) -> None:
        document = sheet.book.impl.document
        self.parts.add(document.sheet_part(sheet.impl.entry))
        self.boxes.setdefault(sheet.name, []).append(box)


def _box(area: xw.Range) -> Box:
    last = area.last_cell
    return area.row, area.column, last.row, last.column


def write_a_value(book: xw.Book) -> Change | None:
    """A new text below everything, and a value over the one that stands there."""
    sheet = book.sheets[0]
    used = sheet.used_range
    change = Change()
    row = min(used.last_cell.row + 3, _ROW_LIMIT)
    cell = sheet.range((row, used.column))
    cell.value = "written"
    change.add(sheet, _box(cell))
    constant = _constant_of(sheet)
    if constant is not None:
        constant.value = constant.value
    return change


def _constant_of(sheet: xw.Sheet) -> xw.Range | None:
    """Return the first cell with a text or a plain number."""
    area = sheet.used_range[:200, :50]
    values = area.options(ndim=2).value
    formulas = area.options(ndim=2).formula
    for r, row in enumerate(values):
        for c, value in enumerate(row):
            formula = formulas if isinstance(formulas, str) else formulas[r][c]
            if isinstance(value, (str, float)) and not formula.startswith("="):
                return area[r, c]
    return None


def write_a_block(book: xw.Book) -> Change | None:
    """1,000 rows beside everything, where no formula of the sheet reaches."""
    sheet = book.sheets[-1]
    used = sheet.used_range
    rows: list[list[Any]] = [
        [f"=text {n} & <more>", n / 4, None, n % 2 == 0, dt.datetime(2026, 1, 1 + n % 28)]  # noqa: DTZ001
        for n in range(_BLOCK_ROWS)
    ]
    top, left = used.row, used.last_cell.column + 3
    if left + 5 > _COLUMN_LIMIT or top + _BLOCK_ROWS > _ROW_LIMIT:
        top, left = used.last_cell.row + 3, used.column
    area = sheet.range((top, left), (top + _BLOCK_ROWS - 1, left + 4))
    area.value = rows
    # In the sheet's own formats a number may read as a day.
    assert area[:, 0].value == [row[0] for row in rows]
    assert area[:, 3].value == [row[3] for row in rows]
    change = Change()
    change.add(sheet, _box(area))
    return change


def resize_a_table(book: xw.Book) -> Change | None:
    """Three more rows for the first table that can take them, else one less; None without such a table."""
    for more in (3, -1):
        # Best where nothing below has to make room.
        pairs = [(sheet, table) for sheet in book.sheets for table in sheet.tables]
        for sheet, table in sorted(pairs, key=lambda pair: _stands_above(*pair)):
            before, body = table.range, table.data_body_range
            if body is None or body.shape[0] + more < 1:
                continue
            try:
                table.resize(before.resize(before.shape[0] + more))
            except WriteRefused:
                continue
            return _resized(sheet, table, _box(before), more)
    return None


def _below(sheet: xw.Sheet, table: xw.main.Table) -> Box:
    """Return what lies below a table, as far as the sheet is used."""
    _, left, bottom, right = _box(table.range)
    return bottom + 1, left, max(sheet.used_range.last_cell.row, bottom + 1), right


def _stands_above(sheet: xw.Sheet, table: xw.main.Table) -> bool:
    top, left, bottom, right = _below(sheet, table)
    values = sheet.range((top, left), (bottom, right)).options(ndim=2).value
    return any(value is not None for row in values for value in row)


def _resized(sheet: xw.Sheet, table: xw.main.Table, before: Box, more: int) -> Change:
    change = Change(parts={table.impl.model.name})
    _, left, bottom, right = before
    last = bottom + abs(more)
    if _stands_above(sheet, table):
        # What is below has moved, other tables with it.
        last = _below(sheet, table)[2]
        change.parts |= {other.impl.model.name for other in sheet.tables}
    change.add(sheet, (min(bottom, bottom + more), left, last, right))
    return change


CHANGES: list[Callable[[xw.Book], Change | None]] = [write_a_value, write_a_block, resize_a_table]


@pytest.fixture
def app() -> Iterator[xw.App]:
    engine = register(store=FileStore(backups=BackupPolicy(keep=0)))
    app = engine.apps.add(add_book=False)
    yield app
    app.quit()


def changed_copies(app: xw.App, source: Path, folder: Path) -> list[tuple[Path, Change]]:
    """Return the copies of a workbook that could be changed, each with what was."""
    copies = []
    for make in CHANGES:
        path = folder / f"{make.__name__}{source.suffix}"
        shutil.copyfile(source, path)
        book = app.books.open(path)
        change = make(book)
        if change is not None:
            book.save()
            copies.append((path, change))
        book.close()
    return copies


def assert_only_what_may_have_changed(source: Path, path: Path, change: Change) -> None:
    before, after = parts_of(source), parts_of(path)
    touched = touched_parts(before, after)
    workbook = {n for n in touched if n.startswith("xl/") and n.count("/") == 1 and "orkbook" in n}
    relations = {n for n in touched if n.startswith("xl/_rels/")}
    unexpected = touched - change.parts - workbook - relations - set(_MAY_CHANGE)
    for name in unexpected.copy():
        follows = next((p for start, p in _MAY_FOLLOW.items() if name.startswith(start)), None)
        if follows and follows.sub(b"", after[name]) == follows.sub(b"", before[name]):
            unexpected.remove(name)
    assert unexpected == set()


def assert_shown_alike(everything: list[tuple[Path, list[tuple[Path, Change]]]]) -> None:
    """LibreOffice calculates all of them in one run, each workbook itself before and after its copies."""
    stems: list[Path] = []
    for number, (source, copies) in enumerate(everything):
        for place, path in enumerate([source, *(path for path, _ in copies), source]):
            stems.append(path.with_name(f"{number}-{place}{path.suffix}"))
            shutil.copyfile(path, stems[-1])
    shown = iter(recalculate_all(stems))
    for _, copies in everything:
        before, *others, again = [next(shown) for _ in range(len(copies) + 2)]
        for after, (path, change) in zip(others, copies, strict=True):
            # A pivot table may be over a table that has more rows now.
            pivots = pivot_boxes(path) if path.stem == resize_a_table.__name__ else {}
            boxes = {
                sheet: pivots.get(sheet, []) + change.boxes.get(sheet, [])
                for sheet in {*pivots, *change.boxes}
            }
            assert differing_cells(before, again, after, but=boxes) == [], path.stem


def checked_copies(
    app: xw.App, original: Path, folder: Path
) -> tuple[Path, list[tuple[Path, Change]]]:
    """Change a workbook in every way; return it and the changed copies, judged but for what LibreOffice shows."""
    source = folder / f"source{original.suffix}"
    shutil.copyfile(original, source)
    copies = changed_copies(app, source, folder)
    for path, change in copies:
        assert_only_what_may_have_changed(source, path, change)
        assert new_findings(source, path) == [], path.stem
    return source, copies


def changed_at_once(app: xw.App, original: Path, folder: Path) -> Path:
    """Return a copy of a workbook with all changes in it."""
    path = folder / f"at once{original.suffix}"
    shutil.copyfile(original, path)
    book = app.books.open(path)
    for make in CHANGES:
        make(book)
    book.save()
    book.close()
    return path


def real_workbooks() -> list[Path]:
    if not MANIFEST.is_file():
        return []
    with MANIFEST.open(encoding="utf-8", newline="") as stream:
        return [DATA / row["file"] for row in csv.DictReader(stream)]


REAL = real_workbooks()
needs_real = pytest.mark.skipif(not REAL, reason="../shared/data/workbooks is not here")
each_real = pytest.mark.parametrize("original", REAL, ids=lambda path: path.name)
each_sample = pytest.mark.parametrize("name", SAMPLES)


def made(name: str, folder: Path) -> Path:
    (folder / "made").mkdir()
    return SAMPLES[name](folder / "made" / "sample.xlsx")


@each_sample
def test_a_sample_is_changed_in_one_place_only(app: xw.App, tmp_path: Path, name: str) -> None:
    _, copies = checked_copies(app, made(name, tmp_path), tmp_path)
    assert [path.stem for path, _ in copies] == [make.__name__ for make in CHANGES]


def test_the_sdk_finds_nothing_new_in_a_sample(app: xw.App, tmp_path: Path) -> None:
    original = made("by hand", tmp_path)
    assert new_objections(original, changed_at_once(app, original, tmp_path)) == []


def test_samples_show_the_same_elsewhere(app: xw.App, tmp_path: Path) -> None:
    skip_without_libre_office()
    everything = []
    for name in SAMPLES:
        folder = tmp_path / name
        folder.mkdir()
        everything.append(checked_copies(app, made(name, folder), folder))
    assert_shown_alike(everything)


@needs_real
def test_small_real_workbooks_are_changed_in_one_place_only(app: xw.App, tmp_path: Path) -> None:
    small = [p for p in REAL if p.stat().st_size < 20_000 and p.name not in REFUSED]
    for original in small:
        folder = tmp_path / original.name
        folder.mkdir()
        checked_copies(app, original, folder)


@needs_real
@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_changed_without_harm_is_refused_by_name(
    app: xw.App, tmp_path: Path, name: str
) -> None:
    [original] = [path for path in REAL if path.name == name]
    with pytest.raises(REFUSED[name]):
        checked_copies(app, original, tmp_path)
    source = tmp_path / f"source{original.suffix}"
    assert source.read_bytes() == original.read_bytes()


@pytest.mark.deep
@needs_real
@each_real
def test_a_real_workbook_is_changed_in_one_place_only(
    app: xw.App, tmp_path: Path, original: Path
) -> None:
    if original.name not in REFUSED:
        checked_copies(app, original, tmp_path)


@pytest.mark.deep
@needs_real
@each_real
def test_the_sdk_finds_nothing_new_in_a_real_workbook(
    app: xw.App, tmp_path: Path, original: Path
) -> None:
    if original.name not in REFUSED:
        assert new_objections(original, changed_at_once(app, original, tmp_path)) == []


@pytest.mark.deep
@needs_real
@each_real
def test_a_real_workbook_shows_the_same_elsewhere(
    app: xw.App, tmp_path: Path, original: Path
) -> None:
    skip_without_libre_office()
    if original.suffix == ".xlam":
        pytest.skip("LibreOffice opens no add-ins")
    if original.name not in REFUSED:
        assert_shown_alike([checked_copies(app, original, tmp_path)])
