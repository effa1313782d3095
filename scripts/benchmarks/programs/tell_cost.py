"""Runs the command given; prints the seconds that it took and the bytes of its peak memory; ends as it did."""

from __future__ import annotations

import os
import subprocess
import sys
import time


def main() -> int:
    """Run the command and return its exit code."""
    started = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts in kibibytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    print(seconds, usage.ru_maxrss * unit)
    return process.returncode


if __name__ == "__main__":
    raise SystemExit(main())
