"""
What a figure of the benchmark is, and how it is taken: medians of runs in which both sides take turns.

A figure is a ratio against a peer measured in the same run, so that a slow machine does not change it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Better", "Figure", "Measure", "compare", "seconds_of", "seconds_told_by"]

Measure = Callable[[], float]


class Better(StrEnum):
    """How `ratio` is made, and on which side of the target it should be."""

    #: Times: the ratio is peer/ours, how many times faster ours is.
    FASTER = "faster"
    #: Rates (work per second): the ratio is ours/peer.
    RATE = "rate"
    #: Times or sizes with a ceiling: the ratio is ours/peer and may be at most the target.
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the benchmark."""

    name: str
    #: What was measured on each side, in `unit`: the median.
    ours: float
    peer: float
    unit: str
    peer_name: str
    better: Better
    target: float

    @property
    def ratio(self) -> float:
        """How ours stands against the peer."""
        if self.better is Better.FASTER:
            return self.peer / self.ours
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        if self.better is Better.CEILING:
            return self.ratio <= self.target
        return self.ratio >= self.target


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def seconds_told_by(command: list[str]) -> float:
    """Run a program that prints how many seconds its work took, and return that."""
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(result.stdout.split()[-1])


def compare(ours: Measure, peer: Measure, runs: int) -> tuple[float, float]:
    """Return the medians of both sides over `runs` turns, ours and the peer's one after the other."""
    taken: tuple[list[float], list[float]] = ([], [])
    for run in range(runs):
        print(f"  run {run + 1} of {runs}", file=sys.stderr)
        taken[0].append(ours())
        taken[1].append(peer())
    return statistics.median(taken[0]), statistics.median(taken[1])
