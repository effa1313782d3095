"""Broken workbooks by the thousand: each is worked on, or refused by name, soon and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.workbook_checks.sample_workbooks import SAMPLES

ROOT = Path(__file__).parents[4]
WORKER = "tests.integration.excel_client.file_engine.working_on_anything"
#: A worker that says nothing for so long hangs where not even its own deadline reaches it.
SILENCE_SECONDS = 120
PEAK_BYTES = 600 * 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


def work_on_mutated(folder: Path, first: int, count: int) -> list[dict[str, Any]]:
    """Return what the worker said of each package, and last of its memory."""
    for name, make in SAMPLES.items():
        make(folder / f"{name}.xlsx")
    command = [sys.executable, "-m", WORKER, str(folder), str(first), str(count)]
    limit = SILENCE_SECONDS + count
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (said[-1:], done.stderr[-3000:])
    return said


def assert_all_named(said: list[dict[str, Any]], count: int) -> None:
    ended = [line for line in said if "done" in line or "error" in line]
    assert len(ended) == count
    errors = [line for line in ended if "error" in line]
    assert errors == [], "\n".join(f"{line['seed']}: {line['where']}" for line in errors[:5])
    assert said[-1]["peak"] < PEAK_BYTES
    # Most are still workbooks, or the deep code was never reached.
    opened = [line for line in ended if line["done"] > 0]
    assert len(opened) > count / 3


def test_mutated_packages_are_worked_on_or_refused_by_name(tmp_path: Path) -> None:
    assert_all_named(work_on_mutated(tmp_path, 0, 150), 150)


@pytest.mark.deep
@pytest.mark.parametrize("first", range(0, 20_000, 2_000))
def test_many_mutated_packages_are_worked_on_or_refused_by_name(tmp_path: Path, first: int) -> None:
    assert_all_named(work_on_mutated(tmp_path, first, 2_000), 2_000)
