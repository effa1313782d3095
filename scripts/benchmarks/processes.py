"""
Processes of the benchmark: programs with a clock, servers on a free port.

POSIX only: nothing else tells the peak memory of a process.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from environment import ROOT

__all__ = [
    "ProcessCost",
    "cost_of",
    "number_told_by",
    "output_of",
    "pennyvault",
    "program",
    "running_server",
    "surroundings",
]

_START_SECONDS_MAX = 30.0
_STOP_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCost:
    """What a process took, from its start to its end."""

    seconds: float
    #: Its largest resident set, in megabytes of 1,000,000 bytes.
    peak_megabytes: float


def surroundings(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which no setting of this machine's user counts."""
    # Python's own as well: where no bytecode may be written, ours would be compiled anew at each start, the peer's not.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PENNYVAULT_", "PYTHON"))
    }
    path = os.pathsep.join((str(ROOT / "scripts"), str(ROOT)))
    return kept | {"PYTHONPATH": path, "PENNYVAULT_CONFIG_FILE": os.devnull} | dict(more or {})


def program(name: str, *arguments: object) -> list[str]:
    """Return the command of a program of `benchmarks.programs`."""
    return [sys.executable, "-m", f"benchmarks.programs.{name}", *map(str, arguments)]


def pennyvault(*arguments: object) -> list[str]:
    """Return a command of the product's client, as it is installed."""
    return [str(Path(sys.executable).with_name("pennyvault")), *map(str, arguments)]


def output_of(command: Sequence[str]) -> str:
    """Run a program and return what it prints; what it says beside that is shown where it fails."""
    result = subprocess.run(
        command, check=False, env=surroundings(), capture_output=True, text=True
    )
    if result.returncode:
        sys.stderr.write(result.stderr)
        result.check_returncode()
    return result.stdout


def number_told_by(command: Sequence[str]) -> float:
    """Run a program that prints a figure last, and return that."""
    return float(output_of(command).split()[-1])


def cost_of(command: Sequence[str]) -> ProcessCost:
    """Run a program and return what it took, its start included."""
    # Through a small process: Linux counts into a child's peak what its parent held when it started the child.
    seconds, peak_bytes = output_of(program("tell_cost", *command)).split()
    return ProcessCost(seconds=float(seconds), peak_megabytes=float(peak_bytes) / 1e6)


@contextlib.contextmanager
def running_server(command: Sequence[str], folder: Path, **settings: str) -> Iterator[int]:
    """
    Start a server, yield the port that it writes into the file named last in its command, and stop it.

    `folder` gets that file and the server's log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port_file, log = folder / "port", folder / "server.log"
    port_file.unlink(missing_ok=True)
    env = surroundings(settings)
    # A setting of the client's, which the server would refuse.
    del env["PENNYVAULT_CONFIG_FILE"]
    with log.open("ab") as output:
        server = subprocess.Popen(
            [*command, str(port_file)], env=env, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield _port_of(server, port_file, log)
        finally:
            server.terminate()
            try:
                server.wait(_STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _port_of(server: subprocess.Popen[bytes], port_file: Path, log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        if port_file.exists():
            return int(port_file.read_text(encoding="ascii"))
        time.sleep(0.02)
    message = f"the server did not start; its log says: {log.read_text(encoding='utf-8')[-2000:]}"
    raise RuntimeError(message)
