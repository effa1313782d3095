"""Counting seals: nothing is lost between threads, nothing is counted twice."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from server.sealing.tallies import SEALS_MAX, SEALS_SUGGESTED_MAX, SealTally


@given(st.lists(st.integers(0, 20), max_size=10))
def test_each_taking_returns_what_came_since_the_last(counts: list[int]) -> None:
    tally = SealTally()
    taken = []
    for count in counts:
        for _ in range(count):
            tally.note()
        taken.append(tally.take())
    assert taken == counts


def test_threads_lose_no_count() -> None:
    tally = SealTally()

    def seal() -> None:
        for _ in range(20_000):
            tally.note()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.take() == 80_000


def test_random_nonces_stay_below_the_birthday_bound() -> None:
    """Two of n random 96-bit nonces are equal with a probability of about n**2 / 2**97."""
    assert SEALS_MAX**2 / 2**97 <= 2**-32
    assert SEALS_SUGGESTED_MAX**2 / 2**97 <= 2**-36
