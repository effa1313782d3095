"""
Does an account add up? Pure arithmetic over its posted entries and the balances that others stated.

A proof needs two stated balances (anchors): the entries between them must lead from one to the other. Nothing here
is ever derived from the account's own entries and then called proven; pending entries stand outside.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from itertools import pairwise

from server.exact_amounts.entries.entry import Anchor, AnchorSource
from server.exact_amounts.entries.money import EXACT, ExactAmount

__all__ = [
    "AccountProof",
    "DayTotals",
    "OpeningSource",
    "Proof",
    "Stretch",
    "prove",
    "stretches",
]

#: The exact sum of an account's posted entries per ISO calendar date.
DayTotals = Mapping[str, Decimal]

_MINIMUM_ANCHORS = 2


@unique
class OpeningSource(StrEnum):
    """Where an account's opening balance comes from."""

    #: The bank stated it, and no entry is older.
    STATED = "stated"
    #: Reckoned back from the first stated balance: no proof of anything.
    ANCHORED = "anchored"
    NONE = "none"


@unique
class Proof(StrEnum):
    """What the stated balances say about the entries between them."""

    NOT_YET_PROVEN = "not yet proven"
    PROVEN = "proven"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """How an account stands; every figure but `total` was rounded once, to the currency's minor unit."""

    #: The sum of all posted entries, unrounded.
    total: ExactAmount
    opening: ExactAmount | None
    opening_source: OpeningSource
    closing: ExactAmount | None
    first_balance_on: str | None
    first_balance: ExactAmount | None
    bank_balance_on: str | None
    bank_balance: ExactAmount | None
    #: How many balances were stated, those for one date counted once.
    balances: int
    #: How many stretches between one stated balance and the next do not add up.
    windows_off: int
    #: First balance and all entries up to the last balance's date, less the last balance.
    difference: ExactAmount | None
    proof: Proof


class _Sums:
    """Sums of posted entries over stretches of days."""

    def __init__(self, totals: DayTotals, currency: str) -> None:
        self._currency = currency
        self._days = sorted(totals)
        self._running = [Decimal(0)]
        for day in self._days:
            self._running.append(EXACT.add(self._running[-1], totals[day]))

    def through(self, day: str) -> ExactAmount:
        """The sum of everything posted on or before `day`."""
        return ExactAmount(self._running[bisect_right(self._days, day)], self._currency)

    def all(self) -> ExactAmount:
        """The sum of everything."""
        return ExactAmount(self._running[-1], self._currency)

    def nothing_through(self, day: str) -> bool:
        """Whether nothing was posted on or before `day`."""
        return not self._days or self._days[0] > day

    def miss(self, earlier: Anchor, later: Anchor) -> ExactAmount:
        """What the entries after one anchor and up to another lead to, less what that other states."""
        between = self.through(later.stated_on) - self.through(earlier.stated_on)
        return (earlier.balance + between).rounded() - later.balance.rounded()


def _in_force(anchors: Sequence[Anchor]) -> list[Anchor]:
    """
    The anchors by date. For one date the latest batch's word holds.

    Where a single batch states two balances for one date (a statement's last and the next one's first), both stay if
    they contradict each other: the window between them then shows it.
    """
    by_day: dict[str, list[Anchor]] = {}
    for anchor in anchors:
        by_day.setdefault(anchor.stated_on, []).append(anchor)
    in_force: list[Anchor] = []
    for _, stated in sorted(by_day.items()):
        newest = max(anchor.version for anchor in stated)
        latest = [anchor for anchor in stated if anchor.version == newest]
        # A day ends with one statement's last balance and goes on with the next one's first.
        latest.sort(key=lambda anchor: anchor.source is AnchorSource.OPENING)
        for anchor in latest:
            repeats = in_force and in_force[-1].stated_on == anchor.stated_on
            if not repeats or in_force[-1].balance != anchor.balance:
                in_force.append(anchor)
    return in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The days between two stated balances that follow each other."""

    #: The day of the earlier balance: what counts on it is in that balance.
    after: str
    #: The day of the later balance, inclusive.
    through: str
    #: What the entries lead to, less what was stated.
    difference: ExactAmount


def stretches(currency: str, totals: DayTotals, anchors: Sequence[Anchor]) -> list[Stretch]:
    """Return the stretches between an account's stated balances, oldest first."""
    sums = _Sums(totals, currency)
    return [
        Stretch(
            after=earlier.stated_on,
            through=later.stated_on,
            difference=sums.miss(earlier, later),
        )
        for earlier, later in pairwise(_in_force(anchors))
    ]


def prove(currency: str, totals: DayTotals, anchors: Sequence[Anchor]) -> AccountProof:
    """Return how an account stands, from its posted entries' daily totals and the balances stated for it."""
    sums = _Sums(totals, currency)
    in_force = _in_force(anchors)
    if not in_force:
        return AccountProof(
            total=sums.all(),
            opening=None,
            opening_source=OpeningSource.NONE,
            closing=None,
            first_balance_on=None,
            first_balance=None,
            bank_balance_on=None,
            bank_balance=None,
            balances=0,
            windows_off=0,
            difference=None,
            proof=Proof.NOT_YET_PROVEN,
        )
    first, last = in_force[0], in_force[-1]
    opening = (first.balance - sums.through(first.stated_on)).rounded()
    is_stated = first.source is AnchorSource.OPENING and sums.nothing_through(first.stated_on)
    difference: ExactAmount | None = None
    windows_off = 0
    proof = Proof.NOT_YET_PROVEN
    if len(in_force) >= _MINIMUM_ANCHORS:
        difference = sums.miss(first, last)
        windows_off = sum(1 for pair in pairwise(in_force) if sums.miss(*pair).sign)
        proof = Proof.DIFFERS if windows_off or difference.sign else Proof.PROVEN
    return AccountProof(
        total=sums.all(),
        opening=opening,
        opening_source=OpeningSource.STATED if is_stated else OpeningSource.ANCHORED,
        closing=(opening + sums.all()).rounded(),
        first_balance_on=first.stated_on,
        first_balance=first.balance,
        bank_balance_on=last.stated_on,
        bank_balance=last.balance,
        balances=len(in_force),
        windows_off=windows_off,
        difference=difference,
        proof=proof,
    )
