"""
Opens, saves and makes workbook files with the file engine, and turns its refusals into the client's problems.

The one place where that translation stands; a test holds it to the engine's whole tree of problems.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import xlwings

from excel_client import problems
from excel_client.file_engine import problems as engine_problems
from excel_client.file_engine import register
from workbooks.template import TEMPLATE_FILE_NAME, template_bytes

__all__ = [
    "TRANSLATIONS",
    "WORKBOOK_SUFFIX",
    "engine_refusals",
    "open_template",
    "open_workbook",
    "save_workbook",
]

WORKBOOK_SUFFIX: Final = ".xlsx"

#: The client's problem for each branch of the engine's tree; the nearest branch counts.
TRANSLATIONS: Final[
    Mapping[type[engine_problems.FileEngineProblem], type[problems.ClientProblem]]
] = MappingProxyType(
    {
        engine_problems.FileEngineProblem: problems.WorkbookRefused,
        engine_problems.NeedsExcel: problems.WorkbookRefused,
        engine_problems.PackageRefused: problems.WorkbookNotReadable,
        engine_problems.WriteRefused: problems.WorkbookRefused,
        engine_problems.AmountNotExact: problems.AmountNotExact,
        engine_problems.TextTooLong: problems.TextTooLong,
        engine_problems.CellsInTheWay: problems.CellsBelowTable,
        engine_problems.SaveRefused: problems.WorkbookRefused,
        engine_problems.ChangedSinceRead: problems.WorkbookChanged,
        engine_problems.OpenElsewhere: problems.WorkbookOpenElsewhere,
        engine_problems.ReadOnly: problems.WorkbookReadOnly,
        engine_problems.NotSaved: problems.WorkbookNotSaved,
        engine_problems.CheckFailed: problems.WriteNotVerified,
    }
)

#: Problems whose sentence says it all; with the others the engine's own reason is told too.
_SPEAK_FOR_THEMSELVES: Final = frozenset(TRANSLATIONS.values()) - {
    problems.WorkbookRefused,
    problems.WorkbookNotReadable,
}


@contextmanager
def engine_refusals() -> Iterator[None]:
    """Raise the client's problem where the file engine raises one of its own."""
    try:
        yield
    except engine_problems.FileEngineProblem as refusal:
        raise _translated(refusal) from None


def _translated(refusal: engine_problems.FileEngineProblem) -> problems.ClientProblem:
    chosen = next(TRANSLATIONS[kind] for kind in type(refusal).__mro__ if kind in TRANSLATIONS)
    place: dict[str, str | int] = {}
    if chosen not in _SPEAK_FOR_THEMSELVES:
        place["what"] = " ".join((type(refusal).__doc__ or "").split())
    if refusal.place:
        place["place"] = refusal.place
    return chosen(**place)


@contextmanager
def open_workbook(path: Path) -> Iterator[xlwings.Book]:
    """Open a workbook file with the file engine and close it afterwards, saved or not."""
    if not path.is_file():
        raise problems.FileNotReadable(file=path.name)
    with engine_refusals():
        app = register().apps.add(add_book=False)
        try:
            try:
                book = app.books.open(str(path))
            except OSError:
                raise problems.FileNotReadable(file=path.name) from None
            yield book
        finally:
            app.quit()


@contextmanager
def open_template(new_path: Path) -> Iterator[xlwings.Book]:
    """Open a copy of the empty template, to be saved under another name with `save_workbook`."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pennyvault-"))
            path = Path(folder) / TEMPLATE_FILE_NAME
            path.write_bytes(template_bytes())
        except OSError:
            raise problems.WorkbookNotSaved(file=new_path.name) from None
        yield stack.enter_context(open_workbook(path))


def save_workbook(book: xlwings.Book, new_path: Path | None) -> None:
    """Save a workbook in its place, or under a name that is still free: whole, or not at all."""
    if new_path is None:
        book.save()
    elif new_path.exists():
        raise problems.WorkbookChanged(file=new_path.name)
    else:
        book.save(str(new_path))
