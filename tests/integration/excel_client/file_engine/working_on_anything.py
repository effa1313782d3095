"""
Everything the engine can do, done to a workbook that may be broken: reads, writes, shifts, saves and opens it again.

As a program it works on mutated workbooks with little memory, each under a deadline, and prints what went wrong, a line
of JSON each: `python working_on_anything.py FOLDER FIRST COUNT`. FOLDER holds the workbooks that are mutated.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore, register
from excel_client.file_engine.problems import FileEngineProblem
from tests.integration.excel_client.file_engine.package_mutations import mutated

__all__ = ["DEADLINE_SECONDS", "MEMORY_BYTES", "Overdue", "steps_with", "work_on"]

#: Of the processor's time, so that a busy machine is not taken for a hang.
DEADLINE_SECONDS = 5
#: Address space on top of what the program has when it starts.
MEMORY_BYTES = 1500 * 2**20

Step = Callable[[], object]


class Overdue(BaseException):
    """A package took longer than anything that small may take."""


def _reading(book: xw.Book) -> Iterator[Step]:
    for sheet in book.sheets:
        yield partial(_read_cells, sheet)
        yield partial(_read_tables, sheet)
        yield partial(_read_names, sheet)
    yield partial(_read_names, book)


def _read_cells(sheet: xw.Sheet) -> None:
    used = sheet.used_range
    area = used[:60, :20]
    assert isinstance(area.options(ndim=2).value, list)
    assert isinstance(area.formula, (str, tuple))
    for read in (
        "number_format",
        "current_region",
        "merge_cells",
        "row_height",
        "column_width",
        "color",
        "font.bold",
    ):
        target: object = area[0, 0]
        for name in read.split("."):
            with contextlib.suppress(FileEngineProblem):
                target = getattr(target, name)
    for way in ("up", "down", "left", "right"):
        area[0, 0].end(way)
    used.last_cell.row  # noqa: B018 - reading is what may fail


def _read_tables(sheet: xw.Sheet) -> None:
    for table in sheet.tables:
        body = table.data_body_range
        assert body is None or isinstance(body[:60, :20].options(ndim=2).value, list)
        assert len(table.range) > 0
        assert table.header_row_range is None or len(table.header_row_range) > 0
        assert isinstance(table.show_totals, bool)


def _read_names(holder: xw.Book | xw.Sheet) -> None:
    for name in holder.names:
        assert isinstance(name.refers_to, str)
        with contextlib.suppress(FileEngineProblem):
            name.refers_to_range  # noqa: B018 - reading is what may fail


def _resize_tables(book: xw.Book) -> None:
    for sheet in book.sheets:
        for table in sheet.tables:
            whole = table.range
            table.resize(whole.resize(whole.shape[0] + 2))


_WRITES: tuple[Callable[[xw.Book], object], ...] = (
    lambda book: setattr(book.sheets[0]["A2"], "value", "written"),
    lambda book: setattr(
        book.sheets[0]["C3"], "value", [[n, f"=text {n}", None] for n in range(5)]
    ),
    lambda book: setattr(book.sheets[0]["B40"], "formula", "=SUM(A1:A9)"),
    _resize_tables,
    lambda book: setattr(book.sheets[0]["B2:C4"], "number_format", "0.000"),
    lambda book: setattr(book.sheets[0]["B2:C4"].font, "bold", True),
    lambda book: setattr(book.sheets[0]["B2:C4"], "color", (255, 0, 0)),
    lambda book: setattr(book.sheets[0]["B3"], "row_height", 20),
    lambda book: setattr(book.sheets[0]["B3"], "column_width", 20),
    lambda book: book.sheets[0]["H2:I3"].merge(),
    lambda book: book.sheets[0]["K2"].add_hyperlink("https://example.org"),
    lambda book: book.sheets[0]["K3"].add_note("a note"),
    lambda book: book.names.add("Mine", "=$A$1"),
    lambda book: book.sheets[0]["3:4"].insert("down"),
    lambda book: book.sheets[0]["B:B"].delete("left"),
    lambda book: book.sheets[0]["A20:B21"].clear(),
    lambda book: book.sheets[0].autofit(),
    lambda book: book.sheets.add("Another"),
    lambda book: setattr(book.sheets[0], "name", "Renamed"),
    lambda book: book.sheets[0].copy(name="Copied"),
    lambda book: book.sheets[-1].delete(),
)


def steps_with(book: xw.Book) -> Iterator[Step]:
    """Yield what is done, the reading first; any step may be refused by name, and the next one is still done."""
    yield from _reading(book)
    for write in _WRITES if len(book.sheets) else ():
        yield partial(write, book)


def _do(step: Step) -> bool:
    try:
        step()
    except FileEngineProblem:
        return False
    return True


def work_on(app: xw.App, path: Path) -> int:
    """Do everything to a workbook; return how many steps were not refused, -1 where it was not even opened."""
    copy = path.with_name(f"saved{path.suffix}")
    copy.unlink(missing_ok=True)
    done = -1
    try:
        book = app.books.open(path)
        done = sum(_do(step) for step in steps_with(book))
        book.save(copy)
        book.close()
        book = app.books.open(copy)
        done += sum(_do(step) for step in _reading(book))
    except FileEngineProblem:
        return done
    finally:
        for book in app.books:
            book.close()
    return done


def _overdue(_number: int, _frame: object) -> None:
    raise Overdue


def main(folder: Path, first: int, count: int) -> None:
    """Work on some mutated workbooks and print each one's number before, and what it did after."""
    faulthandler.enable()
    signal.signal(signal.SIGPROF, _overdue)
    store = FileStore(backups=BackupPolicy(keep=0))
    app = register(store=store).apps.add(add_book=False)
    bases = sorted(folder.glob("*.xlsx"))
    path = folder / "mutated" / f"{first}.xlsx"
    path.parent.mkdir(exist_ok=True)
    used = (
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        * resource.getpagesize()
    )
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    for seed in range(first, first + count):
        path.write_bytes(mutated(bases, seed))
        said: dict[str, object] = {"seed": seed}
        _say(said)
        signal.setitimer(signal.ITIMER_PROF, DEADLINE_SECONDS)
        try:
            said["done"] = work_on(app, path)
        except (Exception, Overdue) as error:  # noqa: BLE001 - whatever is not named is what is looked for
            said["error"] = type(error).__name__
            said["where"] = "".join(traceback.format_exception(error))[-3000:]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        _say(said)
    _say({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})


def _say(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
