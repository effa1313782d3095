"""
Run xlwings' own tests on our engine and judge them: `python3 tests/conformance/run_xlwings_tests.py PATH`.

PATH is a checkout of xlwings at the pinned version, or the folder with its tests; they are copied to a scratch folder
and run there, one module at a time, in `.venv-conformance`. No test may fail, end in an error, or be skipped because
something is not implemented, but for those that `xlwings_exceptions.txt` lists with a reason; and what is listed must
still need to be. Exit code 0 when all of that holds, else 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "EXCEPTIONS_LIMIT",
    "MODULES",
    "REASONS",
    "ListUnreadable",
    "ModuleResult",
    "Outcome",
    "faults_of",
    "main",
    "read_exceptions",
    "run_module",
    "tests_in",
]

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = Path(__file__).with_name("xlwings_exceptions.txt")
EXCEPTIONS_LIMIT = 25
#: Why a test may be listed.
REASONS = (
    "needs calculation",
    "needs drawing",
    "needs VBA",
    "an older pandas",
    # The test calls xlwings as an earlier version was called, and fails in xlwings itself, whatever the engine.
    "an older xlwings",
)
MODULES = tuple(
    f"test_{name}"
    for name in "range sheet book names table active app ndim chunking conversion".split()
)

_TIMEOUT_SECONDS = 600
#: What xlwings' tests say of a member that an engine leaves to its base class.
_NOT_IMPLEMENTED = "Test body threw NotImplementedError."
_CONFTEST = """from excel_client.file_engine import register

register(activate=True)
"""


class ListUnreadable(Exception):
    """A line of the list is no "test id: reason" with a known reason, names a test again, or is one too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one test ended: passed, skipped, failed, error or not implemented."""

    kind: str
    text: str

    @property
    def is_good(self) -> bool:
        """Whether nothing needs to be said about it."""
        return self.kind in {"passed", "skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleResult:
    """One module's tests by id, and what ended the run itself, if anything did."""

    name: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    broken: str = ""
    seconds: float = 0.0


def read_exceptions(text: str) -> dict[str, str]:
    """Return the reason by test id; ListUnreadable where a line is none, is there twice, or is one too many."""
    exceptions: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        test, _, reason = line.rpartition(": ")
        if not test or reason not in REASONS or test in exceptions:
            raise ListUnreadable(line)
        exceptions[test] = reason
    if len(exceptions) > EXCEPTIONS_LIMIT:
        raise ListUnreadable(list(exceptions)[EXCEPTIONS_LIMIT])
    return exceptions


def tests_in(path: Path) -> Path:
    """Return the folder of tests in a checkout, or the path itself."""
    inner = path / "tests"
    return inner if (inner / f"{MODULES[0]}.py").is_file() else path


def run_module(python: Path, tests: Path, name: str) -> ModuleResult:
    """Run one module of the tests in a scratch copy, with our engine as the active one."""
    with tempfile.TemporaryDirectory() as scratch:
        # Not "tests": this project's own folder of that name is imported, too.
        copied = Path(scratch) / "xlwings_tests"
        shutil.copytree(tests, copied, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (copied / "__init__.py").touch()
        (copied / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
        (copied / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        if not (copied / f"{name}.py").is_file():
            return ModuleResult(name=name, broken="there is no such module")
        return _run(python, copied, name)


def _run(python: Path, folder: Path, name: str) -> ModuleResult:
    lines = folder.parent / "outcomes.jsonl"
    lines.touch()
    started = time.monotonic()
    broken = ""
    try:
        done = subprocess.run(
            _command(python, name, lines),
            cwd=folder,
            env=_environment(folder.parent),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        # 0 and 1: every test was run, and passed or not; anything else is no run.
        if done.returncode not in {0, 1}:
            broken = (
                f"pytest ended with {done.returncode}\n{done.stdout[-800:]}{done.stderr[-800:]}"
            )
    except subprocess.TimeoutExpired:
        broken = f"not done after {_TIMEOUT_SECONDS} s"
    return ModuleResult(
        name=name,
        outcomes=_outcomes(lines.read_text(encoding="utf-8")),
        broken=broken,
        seconds=time.monotonic() - started,
    )


def _command(python: Path, name: str, lines: Path) -> list[str]:
    options = ["--rootdir=.", "-q", "-p", "no:cacheprovider", "-p", "no:warnings"]
    plugin = ["-p", "tests.conformance.xlwings_outcomes", "--outcomes", str(lines)]
    return [str(python), "-m", "pytest", *options, *plugin, f"{name}.py"]


def _environment(home: Path) -> dict[str, str]:
    """Leave out what the caller's own settings of pytest, Python and xlwings would change."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "PYTHON", "XLWINGS"))
    }
    settings = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
    }
    return kept | settings


def _outcomes(lines: str) -> dict[str, Outcome]:
    """Return how each test ended; of its phases the worst counts."""
    order = ("passed", "skipped", "not implemented", "failed", "error")
    outcomes: dict[str, Outcome] = {}
    for line in lines.splitlines():
        said = json.loads(line)
        kind = said["kind"]
        if kind == "skipped" and "NotImplementedError" in said["text"]:
            kind = "not implemented"
        before = outcomes.get(said["test"])
        if before is None or order.index(before.kind) < order.index(kind):
            outcomes[said["test"]] = Outcome(kind=kind, text=said["text"])
    return outcomes


def faults_of(results: Sequence[ModuleResult], exceptions: Mapping[str, str]) -> Iterator[str]:
    """Yield, a sentence each, what keeps the tests from being accepted."""
    seen: dict[str, Outcome] = {}
    for result in results:
        if result.broken:
            yield f"{result.name}: {result.broken}"
        elif not result.outcomes:
            yield f"{result.name}: no test was run"
        seen.update(result.outcomes)
    for test, outcome in seen.items():
        if test in exceptions and outcome.is_good:
            yield f"{test}: listed, but {outcome.kind}; take it off the list"
        elif test not in exceptions and not outcome.is_good:
            first_line = outcome.text.strip().split("\n")[0][:200]
            yield f"{test}: {outcome.kind}: {first_line}"
    for test in exceptions:
        if test not in seen:
            yield f"{test}: listed, but there is no such test; take it off the list"


def _row(result: ModuleResult, exceptions: Mapping[str, str]) -> str:
    kinds = Counter(
        "listed" if test in exceptions and not outcome.is_good else outcome.kind
        for test, outcome in result.outcomes.items()
    )
    bad = kinds["failed"] + kinds["error"] + kinds["not implemented"]
    counts = (kinds["passed"], kinds["skipped"], kinds["listed"], bad)
    cells = "".join(f"{count:>9}" for count in counts)
    return f"{result.name:<18}{cells}{result.seconds:>8.1f} s"


def main(
    arguments: Sequence[str],
    *,
    python: Callable[[], Path],
    modules: Sequence[str] = MODULES,
    listed: Path = EXCEPTIONS,
) -> int:
    """Run and judge; print a line for each module and one for each fault. Return the exit code."""
    parser = argparse.ArgumentParser(description="Run xlwings' own tests on our engine.")
    parser.add_argument("path", type=Path, help="xlwings' checkout, or its folder of tests")
    parser.add_argument("modules", nargs="*", help="which modules; all by default")
    asked = parser.parse_args(arguments)
    try:
        exceptions = read_exceptions(listed.read_text(encoding="utf-8"))
    except ListUnreadable as error:
        _say(f"{listed.name}: {error.__doc__}\n{error}")
        return 1
    chosen = asked.modules or modules
    if asked.modules:
        names = {f"{name}.py" for name in chosen}
        exceptions = {t: reason for t, reason in exceptions.items() if t.split("::")[0] in names}
    interpreter = python()
    _say(f"{'':<18}{'passed':>9}{'skipped':>9}{'listed':>9}{'bad':>9}")
    results = []
    for name in chosen:
        results.append(run_module(interpreter, tests_in(asked.path), name))
        _say(_row(results[-1], exceptions))
    faults = list(faults_of(results, exceptions))
    for fault in faults:
        _say(fault)
    _say(f"{len(exceptions)} listed, {len(faults)} to mend")
    return 1 if faults else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _conformance_python() -> Path:
    sys.path.insert(0, str(ROOT / "scripts"))
    from environment import conformance_python  # noqa: PLC0415 - found by the line above

    return conformance_python()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], python=_conformance_python))
