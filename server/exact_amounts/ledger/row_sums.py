"""
Sums over the rows of a table that show a change and point at the row. Pure arithmetic.

Each row has a locator (its id as a number) and a term (a keyed digest of everything in it, which nobody without the
key can reckon with). The first sum over all terms tells whether the rows are as they were written (an incremental
multiset hash: Clarke, Devadas, van Dijk, Gassend, Suh, Asiacrypt 2003). The other three weigh each term with the
first, second and third power of its locator: they are the syndromes of a Reed-Solomon code, so that up to two rows
that were changed, dropped or added are found without a second copy of anything (Peterson's decoder).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["NO_ROWS", "PRIME", "RowFault", "RowSums", "locate", "sums_of", "total_of"]

#: The largest prime below 2^256; it leaves 3 when divided by 4, so that square roots are one power.
PRIME = (1 << 256) - 189
LOCATOR_BITS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSums:
    """The sums over a table's rows."""

    count: int = 0
    #: The sums of term x locator^0, ^1, ^2 and ^3.
    powers: tuple[int, int, int, int] = field(default=(0, 0, 0, 0), repr=False)

    def __add__(self, other: RowSums) -> RowSums:
        a, b, c, d = (
            (mine + theirs) % PRIME for mine, theirs in zip(self.powers, other.powers, strict=True)
        )
        return RowSums(count=self.count + other.count, powers=(a, b, c, d))

    def __sub__(self, other: RowSums) -> RowSums:
        a, b, c, d = (
            (mine - theirs) % PRIME for mine, theirs in zip(self.powers, other.powers, strict=True)
        )
        return RowSums(count=self.count - other.count, powers=(a, b, c, d))


NO_ROWS = RowSums()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """A row that is not as it was written."""

    locator: int
    #: The term it should have less the term it has; a row that is not there has none.
    off_by: int = field(repr=False)


def total_of(digests: Iterable[bytes]) -> int:
    """Return the first sum alone: enough to see that something is wrong."""
    return sum(map(int.from_bytes, digests)) % PRIME


def sums_of(locators: Iterable[int], digests: Iterable[bytes]) -> RowSums:
    """Return the sums over rows, given their locators and digests in one order."""
    count = first = second = third = fourth = 0
    for locator, digest in zip(locators, digests, strict=True):
        count += 1
        term = int.from_bytes(digest)
        first += term
        term = term * locator % PRIME
        second += term
        term = term * locator % PRIME
        third += term
        fourth += term * locator
    return RowSums(
        count=count, powers=(first % PRIME, second % PRIME, third % PRIME, fourth % PRIME)
    )


def locate(difference: RowSums) -> tuple[RowFault, ...] | None:
    """
    Return the rows that explain a difference (what was written less what is there): none, one or two.

    None where it takes more than two rows.
    """
    first, second, third, fourth = difference.powers
    if not any(difference.powers):
        return ()
    if first:
        locator = second * pow(first, -1, PRIME) % PRIME
        if second * locator % PRIME == third and third * locator % PRIME == fourth:
            return (RowFault(locator=locator, off_by=first),) if _is_locator(locator) else None
    pair = _pair(first, second, third, fourth)
    if pair is None:
        return None
    one, other = pair
    off_by = (second - first * other) * pow(one - other, -1, PRIME) % PRIME
    return (
        RowFault(locator=one, off_by=off_by),
        RowFault(locator=other, off_by=(first - off_by) % PRIME),
    )


def _is_locator(number: int) -> bool:
    return number >> LOCATOR_BITS == 0


def _pair(first: int, second: int, third: int, fourth: int) -> tuple[int, int] | None:
    """The two locators as the roots of x^2 - sum x + product, whose coefficients the four sums give."""
    determinant = (first * third - second * second) % PRIME
    if not determinant:
        return None
    inverse = pow(determinant, -1, PRIME)
    sum_of_both = (first * fourth - second * third) * inverse % PRIME
    product = (second * fourth - third * third) * inverse % PRIME
    square = (sum_of_both * sum_of_both - 4 * product) % PRIME
    root = pow(square, (PRIME + 1) // 4, PRIME)
    if root * root % PRIME != square:
        return None
    half = pow(2, -1, PRIME)
    one, other = (sum_of_both + root) * half % PRIME, (sum_of_both - root) * half % PRIME
    return (one, other) if one != other and _is_locator(one) and _is_locator(other) else None
