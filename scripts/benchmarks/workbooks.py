"""Workbooks: filled, changed and saved, against openpyxl."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence

import openpyxl

from benchmarks.measuring import Better, Figure, compare
from benchmarks.processes import cost_of, number_told_by, output_of, pennyvault, program
from benchmarks.stage import CHANGED_ENTRIES, ENTRIES, Stage

__all__ = ["changed_rows", "ledger_workbook", "template_cells", "template_growth"]

_RUNS = 3
_PEAK_MEGABYTES_MAX = 300
#: What ten times the rows may cost more than ten times as much, and still be called linear.
_GROWTH_MAX = 1.25
_FEWER = 10
_OPENPYXL = f"openpyxl {openpyxl.__version__}"


def ledger_workbook(stage: Stage) -> Sequence[Figure]:
    """
    100,000 entries, from a running server to a saved workbook that is new: `pennyvault refresh`, the whole process.

    The peer is a process too: it fetches the same pages with httpx and json.loads, loads the template with openpyxl,
    writes the same 14 columns of the Ledger and saves. It leaves out what ours does beside that: the Accounts sheet,
    the log, the digests of the rows, the check of the saved file. The peak memory is of the same refresh processes,
    the largest of them.
    """
    ledger, folder = stage.ledger, stage.folder("ledger-workbook")
    path = folder / "ledger.xlsx"
    refresh = pennyvault("refresh", *ledger.flags, path)
    with_openpyxl = program("fill_ledger_with_openpyxl", ledger.origin, ledger.key_file, path)
    peaks = []

    def ours() -> float:
        path.unlink(missing_ok=True)
        cost = cost_of(refresh)
        peaks.append(cost.peak_megabytes)
        return cost.seconds

    def peer() -> float:
        path.unlink(missing_ok=True)
        return cost_of(with_openpyxl).seconds

    seconds, peer_seconds = compare(ours, peer, _RUNS)
    return (
        Figure(
            name="ledger-workbook",
            ours=seconds,
            peer=peer_seconds,
            unit="s",
            peer_name=f"httpx, json and {_OPENPYXL}",
            better=Better.FASTER,
            target=5,
        ),
        Figure(
            name="client-memory",
            ours=max(peaks),
            peer=_PEAK_MEGABYTES_MAX,
            unit="MB",
            peer_name=f"the ceiling of {_PEAK_MEGABYTES_MAX} MB",
            better=Better.CEILING,
            target=1,
        ),
    )


def template_cells(stage: Stage) -> Sequence[Figure]:
    """
    100,000 rows of 12 mixed cells into the template, from opening to saving it, through xlwings on our file engine.

    The engine's check of the saved file is included; openpyxl does not check. Each side in a process of its own,
    without its start and its imports.
    """
    path = stage.folder("template-cells") / "ledger.xlsx"
    ours = program("write_cells", ENTRIES, path)
    peer = program("write_cells_with_openpyxl", ENTRIES, path)
    seconds, peer_seconds = compare(
        lambda: number_told_by(ours), lambda: number_told_by(peer), _RUNS
    )
    return (
        Figure(
            name="template-cells",
            ours=seconds,
            peer=peer_seconds,
            unit="s",
            peer_name=_OPENPYXL,
            better=Better.FASTER,
            target=7,
        ),
    )


def template_growth(stage: Stage) -> Sequence[Figure]:
    """
    The rows of `template-cells` again, and a tenth of them as the peer: what a row costs of many and of few.

    The peak memory is of whole processes that write all of them, the rows as Python objects included.
    """
    path = stage.folder("template-growth") / "ledger.xlsx"
    many = program("write_cells", ENTRIES, path)
    few = program("write_cells", ENTRIES // _FEWER, path)

    def of_a_row(command: list[str], rows: int) -> float:
        return number_told_by(command) / rows * 1e9

    nanoseconds, of_few = compare(
        lambda: of_a_row(many, ENTRIES), lambda: of_a_row(few, ENTRIES // _FEWER), _RUNS
    )
    peaks = [cost_of(many).peak_megabytes for _ in range(_RUNS)]
    return (
        Figure(
            name="template-growth",
            ours=nanoseconds,
            peer=of_few,
            unit="ns/row",
            peer_name=f"a row of {ENTRIES // _FEWER:,}",
            better=Better.CEILING,
            target=_GROWTH_MAX,
        ),
        Figure(
            name="template-memory",
            ours=max(peaks),
            peer=_PEAK_MEGABYTES_MAX,
            unit="MB",
            peer_name=f"the ceiling of {_PEAK_MEGABYTES_MAX} MB",
            better=Better.CEILING,
            target=1,
        ),
    )


def changed_rows(stage: Stage) -> Sequence[Figure]:
    """
    A workbook of 100,000 rows, of which 200 far from each other changed at the server: pending entries were posted.

    Ours is a whole `pennyvault refresh`, its start, backup, check and request included; the peer a process that asks
    for the same page, loads the workbook with openpyxl, finds the rows by their Entry ID, writes the cells that differ
    and saves.
    """
    ledger, folder = stage.ledger, stage.folder("changed-rows")
    before, path = folder / "before.xlsx", folder / "ledger.xlsx"
    refresh = pennyvault("refresh", *ledger.flags, path)
    with_openpyxl = program(
        "change_rows_with_openpyxl", ledger.origin, ledger.key_file, path, CHANGED_ENTRIES
    )
    cost_of(pennyvault("refresh", *ledger.flags, before))
    ledger.import_statements(ledger.later_statements)

    def seconds_of(command: list[str]) -> float:
        shutil.copyfile(before, path)
        return cost_of(command).seconds

    shutil.copyfile(before, path)
    told = json.loads(output_of([*refresh, "--json"]))
    assert told["changed"] == CHANGED_ENTRIES, told["changed"]
    seconds, peer_seconds = compare(
        lambda: seconds_of(refresh), lambda: seconds_of(with_openpyxl), _RUNS
    )
    return (
        Figure(
            name="changed-rows",
            ours=seconds,
            peer=peer_seconds,
            unit="s",
            peer_name=_OPENPYXL,
            better=Better.FASTER,
            target=20,
        ),
    )
