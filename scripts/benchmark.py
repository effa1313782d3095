"""
The product beside well-known tools that do the same work: `python3 scripts/benchmark.py [--json] [NAME ...]`.

Both sides of a figure are measured in one run, in turns, and only their ratio counts. Everything runs on this machine,
with invented data. `--json` prints one object per line: name, ours, peer, ratio, target, holds, unit, peer_name;
target and holds are null where no target was set.

Exit code 0 when everything was measured, a figure that falls short included; 1 when something could not be.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from textwrap import indent
from typing import TYPE_CHECKING

from environment import ROOT, enter_environment

if TYPE_CHECKING:
    # They need the environment.
    from benchmarks.measuring import Figure
    from benchmarks.rows import Row

_HOLDS_IN_WORDS = {True: "yes", False: "NO", None: "-"}


def _described(name: str, row: Row) -> str:
    return f"{name}:\n{indent(cleandoc(row.__doc__ or ''), '    ')}"


def _arguments(rows: Mapping[str, Row]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="The product beside well-known tools.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n\n".join(map(_described, rows, rows.values())),
    )
    parser.add_argument("--json", action="store_true", help="print one object per line")
    parser.add_argument("names", metavar="NAME", nargs="*", help="what to measure; all by default")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in rows:
            parser.error(f"there is no row {name}; there are {', '.join(rows)}")
    return arguments


def _print_figure(figure: Figure, *, as_json: bool) -> None:
    if as_json:
        line = {
            "name": figure.name,
            "ours": figure.ours,
            "peer": figure.peer,
            "ratio": figure.ratio,
            "target": figure.target,
            "holds": figure.holds,
            "unit": figure.unit,
            "better": figure.better.value,
            "peer_name": figure.peer_name,
        }
        print(json.dumps(line), flush=True)
        return
    print(
        f"{figure.name:<22} {figure.ours:>12,.4g} {figure.peer:>12,.4g} {figure.unit:<11}"
        f"{figure.ratio:>8.2f}x {figure.target_in_words:>9}  {_HOLDS_IN_WORDS[figure.holds]:<5}"
        f"  {figure.peer_name}",
        flush=True,
    )


def _print_failure(name: str, error: Exception, *, as_json: bool) -> None:
    traceback.print_exception(error, file=sys.stderr)
    kind = type(error).__name__
    line = json.dumps({"name": name, "error": kind}) if as_json else f"{name:<22} ERROR {kind}"
    print(line, flush=True)


def _measure(names: Sequence[str], *, as_json: bool) -> int:
    """Measure rows and print each figure as it comes; return how many failed."""
    from benchmarks.rows import ROWS  # noqa: PLC0415 - needs the environment
    from benchmarks.stage import open_stage  # noqa: PLC0415 - likewise

    failed = 0
    figures: dict[str, Figure] = {}
    with open_stage() as stage:
        for name in names:
            print(f"{name} ...", file=sys.stderr)
            try:
                if name not in figures:
                    figures |= {figure.name: figure for figure in ROWS[name](stage)}
                _print_figure(figures[name], as_json=as_json)
            except Exception as error:  # noqa: BLE001 - the other rows are still wanted
                failed += 1
                _print_failure(name, error, as_json=as_json)
    return failed


def main() -> int:
    """Run the benchmark and return its exit code."""
    enter_environment("development")
    # The invented statements come from the tests' fixtures.
    sys.path.append(str(ROOT))
    from benchmarks.rows import ROWS  # noqa: PLC0415 - needs the environment

    arguments = _arguments(ROWS)
    started = time.monotonic()
    if not arguments.json:
        print(
            f"{'':<22} {'ours':>12} {'peer':>12} {'unit':<11}{'ratio':>9} {'target':>9}  holds  peer"
        )
    failed = _measure(arguments.names or list(ROWS), as_json=arguments.json)
    print(f"measured in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
