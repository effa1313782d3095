"""Sums that point at the rows that changed."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from server.exact_amounts.ledger.row_sums import (
    NO_ROWS,
    PRIME,
    RowFault,
    RowSums,
    locate,
    sums_of,
    total_of,
)

LOCATORS = st.integers(0, 2**128 - 1)
DIGESTS = st.binary(min_size=32, max_size=32).filter(lambda raw: int.from_bytes(raw) % PRIME != 0)
ROWS = st.dictionaries(LOCATORS, DIGESTS, max_size=12)
#: The second of two differing digests is far away, as keyed digests are.
PAIRS = st.tuples(DIGESTS, DIGESTS).filter(lambda pair: pair[0] != pair[1])


def sums(rows: dict[int, bytes]) -> RowSums:
    return sums_of(rows, rows.values())


def located(written: dict[int, bytes], found: dict[int, bytes]) -> set[int] | None:
    faults = locate(sums(written) - sums(found))
    return None if faults is None else {fault.locator for fault in faults}


@given(ROWS, ROWS)
def test_what_was_added_and_taken_away_again_leaves_no_trace(
    rows: dict[int, bytes], others: dict[int, bytes]
) -> None:
    assert sums(rows) + sums(others) - sums(others) == sums(rows)
    assert locate(NO_ROWS) == ()


@given(ROWS)
def test_the_order_of_rows_does_not_matter_and_the_total_is_the_first_sum(
    rows: dict[int, bytes],
) -> None:
    backwards = dict(reversed(rows.items()))

    assert sums(backwards) == sums(rows)
    assert total_of(rows.values()) == sums(rows).powers[0]


@given(ROWS, LOCATORS, DIGESTS)
def test_a_dropped_row_is_named_and_so_is_an_added_one(
    rows: dict[int, bytes], locator: int, digest: bytes
) -> None:
    without = {key: value for key, value in rows.items() if key != locator}
    within = without | {locator: digest}

    assert located(within, without) == {locator}
    assert located(without, within) == {locator}
    assert locate(sums(without) - sums(within)) == (
        RowFault(locator=locator, off_by=-int.from_bytes(digest) % PRIME),
    )


@given(ROWS, st.lists(LOCATORS, min_size=1, max_size=2, unique=True), st.data())
def test_one_or_two_changed_rows_are_named(
    rows: dict[int, bytes], locators: list[int], data: st.DataObject
) -> None:
    pairs = [data.draw(PAIRS) for _ in locators]
    differences = {(int.from_bytes(one) - int.from_bytes(two)) % PRIME for one, two in pairs}
    written = rows | {key: pair[0] for key, pair in zip(locators, pairs, strict=True)}
    found = rows | {key: pair[1] for key, pair in zip(locators, pairs, strict=True)}

    assert 0 not in differences
    assert located(written, found) == set(locators)


@given(st.lists(st.tuples(LOCATORS, PAIRS), min_size=3, max_size=6, unique_by=lambda row: row[0]))
def test_more_changed_rows_are_seen_and_nobody_is_blamed_wrongly(
    changed: list[tuple[int, tuple[bytes, bytes]]],
) -> None:
    # As far apart as keyed digests are: chosen numbers could add up to another row's.
    written = {key: sha256(pair[0]).digest() for key, pair in changed}
    found = {key: sha256(pair[1]).digest() for key, pair in changed}
    names = located(written, found)

    assert names is None or names <= set(written)
    assert sums(written) != sums(found)
