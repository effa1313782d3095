from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    SignedWorkbook,
    StrictWorkbook,
    UnsafePackage,
)

Parts = Callable[[Path], dict[str, bytes]]
DATA = Path(__file__).parents[4] / ".." / "shared" / "data" / "workbooks"
BOOKS = sorted(path for path in DATA.rglob("*.xl*") if path.is_file())
REFUSED = {
    "SampleSS.strict.xlsx": StrictWorkbook,
    "ms-office-2010-signed.xlsx": SignedWorkbook,
    "protect.xlsx": EncryptedWorkbook,
    "encryptSHA512.xlsx": EncryptedWorkbook,
    "poc-xmlbomb.xlsx": UnsafePackage,
}
ALLOWED = ("xl/workbook", "xl/calcChain", "xl/_rels/", "[Content_Types].xml", "xl/styles")


def write_below(app: xw.App, path: Path) -> str:
    book = app.books.open(path)
    for sheet in book.sheets:
        assert len(sheet.used_range.options(ndim=2).value) == len(sheet.used_range.rows)
        assert sheet.used_range.formula is not None
        for table in sheet.tables:
            assert table.header_row_range is None or len(table.header_row_range) > 0
    assert all(str(name.refers_to).startswith("=") for name in book.names)
    sheet = book.sheets[0]
    row = sheet.used_range.last_cell.row + 3
    rows = [[f"=text {n}", f"{n}", None, True] for n in range(1000)]
    sheet.range((row, 1)).value = rows
    book.save()
    assert sheet.range((row, 1), (row + 999, 4)).options(ndim=2).value == rows
    part: str = book.impl.document.sheet_part(sheet.impl.entry)
    book.close()
    return part


def check_book(app: xw.App, source: Path, tmp_path: Path, parts_of: Parts) -> None:
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    if source.name in REFUSED:
        with pytest.raises(REFUSED[source.name]):
            write_below(app, path)
        assert path.read_bytes() == source.read_bytes()
        return
    before = parts_of(path)
    written = write_below(app, path)
    after = parts_of(path)
    changed = {n for n in before if after.get(n) != before[n]} | (set(after) - set(before))
    main = {n for n in changed if n.startswith("xl/") and n.count("/") == 1 and "orkbook" in n}
    unexpected = {n for n in changed - {written} - main if not n.startswith(ALLOWED)}
    assert unexpected == set(), unexpected


@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
def test_a_block_written_to_a_real_workbook_leaves_all_other_parts_as_they_were(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    for source in BOOKS:
        if source.stat().st_size < 30_000 or source.name in REFUSED:
            check_book(app, source, tmp_path, parts_of)


@pytest.mark.deep
@pytest.mark.skipif(not BOOKS, reason="../shared/data/workbooks is not here")
@pytest.mark.parametrize("source", BOOKS, ids=lambda path: path.name)
def test_every_real_workbook_is_written_to_without_harm(
    app: xw.App, tmp_path: Path, parts_of: Parts, source: Path
) -> None:
    check_book(app, source, tmp_path, parts_of)
