"""
Microsoft's Open XML SDK as a judge of our workbooks, through the npm package `@ooxml-tools/validate`.

It checks against the schemas, and needs node but no network. Where it is missing the test is skipped. It is found by
PENNYVAULT_OOXML_VALIDATE, the path of the package's program, or after `npm install @ooxml-tools/validate` in the
repository's root.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["PROGRAM_VARIABLE", "validate"]

PROGRAM_VARIABLE = "PENNYVAULT_OOXML_VALIDATE"

_ROOT = Path(__file__).parents[2]
# By its path, not through npx: without its scope the program's name is another's package.
_INSTALLED = "node_modules/@ooxml-tools/validate/dist/npm/bin/ooxml-validate.js"
_TIMEOUT_SECONDS = 120


def validate(path: Path) -> list[str]:
    """Return what the SDK objects to, a line each; skip the running test where the SDK is not installed."""
    run = subprocess.run(
        ["node", str(_program()), str(path), "--output-format", "json"],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    try:
        errors = json.loads(run.stdout)
    except json.JSONDecodeError:
        # The program ends in an exception where the SDK cannot open the file at all.
        reasons = [line for line in run.stderr.splitlines() if line.startswith("Error")]
        return reasons[:1] or ["not opened"]
    return [json.dumps(error, sort_keys=True) for error in errors]


def _program() -> Path:
    if shutil.which("node") is None:
        pytest.skip("node is not installed, and Open XML SDK runs in it")
    program = Path(os.environ.get(PROGRAM_VARIABLE) or _ROOT / _INSTALLED)
    if not program.is_file():
        pytest.skip(
            f"Open XML SDK is not installed: npm package @ooxml-tools/validate, or {PROGRAM_VARIABLE}"
        )
    return program
