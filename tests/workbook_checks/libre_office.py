"""
LibreOffice as a second opinion: it recalculates a workbook and draws its sheets, without a screen.

Each run has a profile of its own, so runs may go side by side and never meet a person's LibreOffice. Formulas are
always calculated anew: by default LibreOffice believes the results stored in an .xlsx file.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

__all__ = ["CellValue", "picture", "recalculate", "recalculate_all", "skip_without_libre_office"]

CellValue = str | int | float | bool | date | datetime | time | None

_TIMEOUT_SECONDS = 180
_MERGES = re.compile(rb"<mergeCells.*?</mergeCells>", re.DOTALL)

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""


def skip_without_libre_office(*, pictures: bool = False) -> None:
    """Skip the running test, with the reason, where LibreOffice (or what pictures need) is not installed."""
    needed = ["soffice", "pdftoppm"] if pictures else ["soffice"]
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (LibreOffice Calc, poppler-utils)")


def recalculate(path: Path) -> dict[str, dict[str, CellValue]]:
    """Return every value of a workbook by sheet and cell, all formulas calculated anew."""
    return recalculate_all([path])[0]


def recalculate_all(paths: Sequence[Path]) -> list[dict[str, dict[str, CellValue]]]:
    """Return what `recalculate` does for each of some workbooks, whose names differ, in one run."""
    with tempfile.TemporaryDirectory() as scratch:
        return [_values_in(path) for path in _convert(paths, "xlsx", Path(scratch))]


def _values_in(converted: Path) -> dict[str, dict[str, CellValue]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # extensions that openpyxl does not read
        book = openpyxl.load_workbook(_without_merges(converted), data_only=True)
    return {
        sheet.title: {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}
        for sheet in book.worksheets
    }


def _without_merges(converted: Path) -> io.BytesIO:
    """Leave out merged areas: openpyxl fails on those of whole rows, as LibreOffice states them."""
    changed = io.BytesIO()
    with zipfile.ZipFile(converted) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = _MERGES.sub(b"", content)
            target.writestr(name, content)
    changed.seek(0)
    return changed


def picture(path: Path, sheet: str, into: Path, *, dots_per_inch: int = 80) -> list[Path]:
    """Draw one sheet as it prints; return a PNG per page, in order, in the folder `into`."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / f"{path.stem}-{sheet}.xlsx"
        alone.write_bytes(_with_one_sheet_visible(path.read_bytes(), sheet))
        [document] = _convert([alone], "pdf", Path(scratch))
        stem = into / alone.stem
        _run(["pdftoppm", "-r", str(dots_per_inch), "-png", str(document), str(stem)])
    return sorted(into.glob(f"{stem.name}-*.png"))


def _convert(paths: Sequence[Path], kind: str, scratch: Path) -> list[Path]:
    profile, out = scratch / "profile", scratch / "out"
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_PROFILE, encoding="utf-8")
    _run(
        [
            "soffice",
            "--headless",
            "--norestore",
            f"-env:UserInstallation={profile.as_uri()}",
            "--convert-to",
            kind,
            "--outdir",
            str(out),
            *map(str, paths),
        ]
    )
    converted = [out / f"{path.stem}.{kind}" for path in paths]
    assert all(path.is_file() for path in converted), "LibreOffice could not read the workbook"
    return converted


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_SECONDS)


def _with_one_sheet_visible(package: bytes, sheet: str) -> bytes:
    """Hide all other sheets, since LibreOffice prints every visible one, and the active one in any case."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = _show_only(content.decode("utf-8"), sheet).encode("utf-8")
            target.writestr(name, content)
    return changed.getvalue()


def _show_only(workbook: str, sheet: str) -> str:
    elements = re.findall(r"<sheet [^>]*>", workbook)
    [chosen] = [element for element in elements if f'name="{sheet}"' in element]
    for element in elements:
        shown = re.sub(r' state="\w+"', "", element)
        state = "" if element == chosen else 'state="hidden" '
        workbook = workbook.replace(element, shown.replace("<sheet ", f"<sheet {state}", 1))
    without_active = re.sub(r' activeTab="\d+"', "", workbook)
    active = f'<workbookView activeTab="{elements.index(chosen)}" '
    return without_active.replace("<workbookView ", active, 1)
