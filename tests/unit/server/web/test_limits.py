from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.limits import MovingWindowLimiter, read_limit


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_calls_over_the_limit_wait_until_the_oldest_leaves_the_window() -> None:
    watch = Watch()
    limiter = MovingWindowLimiter(watch)
    assert [limiter.take("2/minute", "a") for _ in range(3)] == [0, 0, 60]
    watch.now = 59.5
    assert limiter.take("2/minute", "a") == 1
    watch.now = 60.0
    assert limiter.take("2/minute", "a") == 0


def test_keys_do_not_share_a_window() -> None:
    limiter = MovingWindowLimiter(Watch())
    assert limiter.take("1/hour", "a") == 0
    assert limiter.take("1/hour", "b") == 0
    assert limiter.take("1/hour", "a") == 3600


def test_a_multiplier_widens_every_limit() -> None:
    limiter = MovingWindowLimiter(Watch(), multiplier=10)
    assert [limiter.take("1/second", "a") for _ in range(11)] == [0] * 10 + [1]


def test_windows_without_recent_calls_are_forgotten() -> None:
    watch = Watch()
    limiter = MovingWindowLimiter(watch)
    for at in range(5000):
        watch.now = at
        limiter.take("1/second", f"client {at}")
    assert len(limiter._windows) < 1000


@given(
    st.integers(min_value=1, max_value=5),
    st.lists(st.floats(min_value=0, max_value=1.5), max_size=60),
)
def test_no_window_of_the_period_ever_holds_more_than_the_limit(
    calls: int, gaps: list[float]
) -> None:
    watch = Watch()
    limiter = MovingWindowLimiter(watch)
    let_in: list[float] = []
    for gap in gaps:
        watch.now += gap
        recent = [instant for instant in let_in if instant > watch.now - 1]
        waits = limiter.take(f"{calls}/second", "a")
        assert (waits == 0) == (len(recent) < calls)
        if waits == 0:
            let_in.append(watch.now)


@pytest.mark.parametrize("text", ["", "0/minute", "1/fortnight", "1 per minute", "-1/second"])
def test_a_limit_that_is_none_is_our_mistake(text: str) -> None:
    with pytest.raises(AssertionError):
        read_limit(text)
