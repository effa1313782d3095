"""
What a figure of the benchmark is, and how it is taken: medians of runs in which both sides take turns.

A figure is a ratio against a peer measured in the same run, so that a slow machine does not change it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Better", "Figure", "Measure", "compare", "seconds_of"]

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
    #: None where nothing was promised.
    target: float | None

    @property
    def ratio(self) -> float:
        """How ours stands against the peer."""
        if self.better is Better.FASTER:
            return self.peer / self.ours
        return self.ours / self.peer

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        if self.better is Better.CEILING:
            return self.ratio <= self.target
        return self.ratio >= self.target

    @property
    def target_in_words(self) -> str:
        """The target with the side on which the ratio should be, or "-"."""
        if self.target is None:
            return "-"
        return f"{'<=' if self.better is Better.CEILING else '>='} {self.target:g}x"


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(ours: Measure, peer: Measure, runs: int) -> tuple[float, float]:
    """Return the medians of both sides over `runs` turns, ours and the peer's one after the other."""
    taken: tuple[list[float], list[float]] = ([], [])
    for run in range(runs):
        taken[0].append(ours())
        taken[1].append(peer())
        print(
            f"  run {run + 1} of {runs}: {taken[0][-1]:.4g} and {taken[1][-1]:.4g}",
            file=sys.stderr,
        )
    return statistics.median(taken[0]), statistics.median(taken[1])
