"""
The checks that need no run of the product: `python3 scripts/check.py`.

Format, lint, types, import contracts and the tidy rules, in under a minute.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from environment import ROOT, enter_environment

_FOLDERS = ("server", "excel_client", "workbooks", "scripts", "tests")
_CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("ruff", "format", "--check", *_FOLDERS)),
    ("lint", ("ruff", "check", *_FOLDERS)),
    ("types", ("mypy",)),
    ("import contracts", ("lint-imports",)),
    ("tidy rules", ("pytest", "-q", "-p", "no:cacheprovider", "tests/architecture/test_tidy.py")),
)


def main() -> int:
    """Run each check and return how many failed."""
    enter_environment("development")
    programs = Path(sys.executable).parent
    failed = 0
    for name, (program, *arguments) in _CHECKS:
        started = time.monotonic()
        result = subprocess.run(
            [str(programs / program), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        verdict = "ok" if result.returncode == 0 else "FAILED"
        print(f"{name:<17} {verdict:<7} {time.monotonic() - started:5.1f} s")
        if result.returncode != 0:
            failed += 1
            print(result.stdout + result.stderr)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
