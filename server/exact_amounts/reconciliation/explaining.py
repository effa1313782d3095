"""
Why does a stretch between two stated balances not add up? The smallest sets of entries that explain it. Pure.

A suspicion says what may be wrong with one entry and by how much that moves the sum. All sets of one suspicion are
looked at, else all of two, else all of three: of the smallest size that explains the difference every set is counted
and the first are listed. The search is bounded by steps, not by time, so that the same question has the same answer;
an answer that a bound cut short says so. That an entry of exactly the difference is missing explains everything and is
therefore said beside the sets, never as one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from itertools import combinations, islice, pairwise

from server.exact_amounts.entries.money import EXACT, ExactAmount
from server.shared_types.ids import EntryId

__all__ = ["Cause", "Explanation", "Suspect", "Suspicion", "explain", "suspicions"]

SETS_LISTED = 1000
#: Pairs of suspicions that are tried for sets of three: well under a second.
STEPS_MAX = 1_500_000
#: Entries of one amount further apart are two payments.
_TWIN_DAYS = 7


@unique
class Cause(StrEnum):
    """What may be wrong with an entry, the likeliest first."""

    #: Another entry of this amount stands within a week: it may be the same payment.
    DOUBLED = "doubled"
    WRONG_SIGN = "wrong sign"
    #: Two neighbouring digits of the amount changed places.
    TRANSPOSED = "transposed digits"
    #: A fee that the bank takes again and again may be missing; the entry is the last one of it.
    FEE_MISSING = "fee missing"
    #: The entry was removed, or is still pending, and would fit.
    LEFT_OUT = "left out"
    #: The entry was typed, and may not be on the statement.
    NOT_ON_STATEMENT = "not on the statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An entry as the search sees it."""

    entry_id: EntryId
    #: ISO 8601 calendar date on which it counts.
    day: str
    amount: ExactAmount
    #: Whether it counts in the stretch; others are only ever left out or repeated.
    counts: bool = True
    is_typed: bool = False
    is_fee: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One thing that may be wrong, and what the sum would gain if it were put right."""

    entry_id: EntryId
    cause: Cause
    effect: ExactAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What explains a difference."""

    #: What the entries lead to, less what was stated.
    difference: ExactAmount
    #: How many suspicions each set holds; 0 where no set was found.
    size: int
    #: The first sets, at most `SETS_LISTED`.
    sets: tuple[tuple[Suspicion, ...], ...]
    #: How many sets of that size there are; a lower bound where `bounded`.
    count: int
    #: Whether the search ended before every set of three was tried.
    bounded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """Amounts as whole numbers of the finest unit that occurs: exact, and quick to add."""

    digits: int

    def number(self, amount: ExactAmount) -> int:
        return int(EXACT.scaleb(amount.exact_value, self.digits))

    def amount(self, number: int, currency: str) -> ExactAmount:
        return ExactAmount(EXACT.scaleb(Decimal(number), -self.digits), currency)


def _finest(amounts: Iterable[ExactAmount]) -> _Scaled:
    exponents = (amount.exact_value.as_tuple().exponent for amount in amounts)
    return _Scaled(digits=max((-e for e in exponents if isinstance(e, int)), default=0))


def suspicions(suspects: Sequence[Suspect]) -> list[Suspicion]:
    """Return everything that may be wrong with a stretch's entries, the likeliest causes first."""
    counted = sorted((s for s in suspects if s.counts), key=lambda s: (s.day, s.entry_id.bytes))
    found = [
        Suspicion(entry_id=each.entry_id, cause=Cause.DOUBLED, effect=-each.amount)
        for each in _later_twins(counted)
    ]
    found += [
        Suspicion(entry_id=s.entry_id, cause=Cause.WRONG_SIGN, effect=-s.amount + -s.amount)
        for s in counted
    ]
    for suspect in counted:
        found += _transposed(suspect)
    found += _missing_fees(suspects)
    found += [
        Suspicion(entry_id=s.entry_id, cause=Cause.LEFT_OUT, effect=s.amount)
        for s in suspects
        if not s.counts and not s.is_fee
    ]
    found += [
        Suspicion(entry_id=s.entry_id, cause=Cause.NOT_ON_STATEMENT, effect=-s.amount)
        for s in counted
        if s.is_typed
    ]
    return [each for each in found if each.effect.sign]


def _later_twins(counted: Sequence[Suspect]) -> list[Suspect]:
    """The entries that an earlier one of the same amount stands close before."""
    last: dict[Decimal, date] = {}
    twins = []
    for suspect in counted:
        day = date.fromisoformat(suspect.day)
        before = last.get(suspect.amount.exact_value)
        if before is not None and (day - before).days <= _TWIN_DAYS:
            twins.append(suspect)
        last[suspect.amount.exact_value] = day
    return twins


def _transposed(suspect: Suspect) -> list[Suspicion]:
    """The amounts from which this one comes by swapping two neighbouring digits."""
    sign, number = ("-", 1) if suspect.amount.sign < 0 else ("", 0)
    # A zero that was swapped to the front is not written any more.
    literal = f"{sign}0{suspect.amount.literal()[number:]}"
    places = [place for place, letter in enumerate(literal) if letter.isdigit()]
    found: dict[str, Suspicion] = {}
    for first, second in pairwise(places):
        if literal[first] == literal[second]:
            continue
        letters = list(literal)
        letters[first], letters[second] = letters[second], letters[first]
        right = ExactAmount(Decimal("".join(letters)), suspect.amount.currency)
        found["".join(letters)] = Suspicion(
            entry_id=suspect.entry_id, cause=Cause.TRANSPOSED, effect=right - suspect.amount
        )
    return list(found.values())


def _missing_fees(suspects: Sequence[Suspect]) -> list[Suspicion]:
    """One suspicion for each amount that the bank took as a fee."""
    latest: dict[Decimal, Suspect] = {}
    for suspect in sorted(suspects, key=lambda s: (s.day, s.entry_id.bytes)):
        if suspect.is_fee:
            latest[suspect.amount.exact_value] = suspect
    return [
        Suspicion(entry_id=fee.entry_id, cause=Cause.FEE_MISSING, effect=fee.amount)
        for fee in latest.values()
    ]


def explain(suspects: Sequence[Suspect], difference: ExactAmount) -> Explanation:
    """Return the smallest sets of suspicions that make up for a difference that is not zero."""
    assert difference.sign, "what adds up needs no explanation"
    found = suspicions(suspects)
    scaled = _finest([difference, *(each.effect for each in found)])
    effects = [scaled.number(each.effect) for each in found]
    by_effect: dict[int, list[int]] = defaultdict(list)
    for place, effect in enumerate(effects):
        by_effect[effect].append(place)
    search = _Search(found=found, effects=effects, by_effect=by_effect)
    wanted = -scaled.number(difference)
    for size, look in enumerate((search.singles, search.pairs, search.triples), 1):
        sets, count = look(wanted)
        if count:
            listed = tuple(tuple(found[place] for place in places) for places in sets)
            return Explanation(
                difference=difference, size=size, sets=listed, count=count, bounded=search.bounded
            )
    return Explanation(difference=difference, size=0, sets=(), count=0, bounded=search.bounded)


@dataclass(slots=True, kw_only=True)
class _Search:
    """Sets of suspicions by what they come to; no set suspects one entry twice."""

    found: Sequence[Suspicion]
    effects: Sequence[int]
    by_effect: dict[int, list[int]]
    bounded: bool = False

    def singles(self, wanted: int) -> tuple[list[tuple[int, ...]], int]:
        places = self.by_effect.get(wanted, [])
        return [(place,) for place in places[:SETS_LISTED]], len(places)

    def pairs(self, wanted: int) -> tuple[list[tuple[int, ...]], int]:
        sets: list[tuple[int, ...]] = []
        count = 0
        for first, effect in enumerate(self.effects):
            for second in self.by_effect.get(wanted - effect, ()):
                if second > first and self._differ(first, second):
                    count += 1
                    if len(sets) < SETS_LISTED:
                        sets.append((first, second))
        return sets, count

    def triples(self, wanted: int) -> tuple[list[tuple[int, ...]], int]:
        sets: list[tuple[int, ...]] = []
        count = 0
        pairs = combinations(range(len(self.effects)), 2)
        every = len(self.effects) * (len(self.effects) - 1) // 2
        self.bounded = every > STEPS_MAX
        effects, by_effect = self.effects, self.by_effect
        for first, second in islice(pairs, STEPS_MAX):
            thirds = by_effect.get(wanted - effects[first] - effects[second])
            if thirds is None:
                continue
            for third in thirds:
                if third > second and self._differ(first, second, third):
                    count += 1
                    if len(sets) < SETS_LISTED:
                        sets.append((first, second, third))
        return sets, count

    def _differ(self, *places: int) -> bool:
        return len({self.found[place].entry_id for place in places}) == len(places)
