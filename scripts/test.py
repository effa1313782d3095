"""
Run every test: `python3 scripts/test.py [--deep] [pytest arguments]`.

`--deep` runs the full counts instead of the quick ones. Anything else goes to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys

from environment import ROOT, enter_environment


def main() -> int:
    """Run pytest in the project's environment and return its exit code."""
    enter_environment("development")
    arguments = sys.argv[1:]
    chosen = any(not argument.startswith("-") for argument in arguments)
    parallel = [] if chosen or "-n" in arguments else ["-n", str(min(os.cpu_count() or 1, 4))]
    command = [sys.executable, "-m", "pytest", *parallel, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
