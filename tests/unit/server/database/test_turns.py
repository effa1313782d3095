"""Turns are given in order, per key, and are forgotten when nobody wants one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import pytest

from server.database.problems import DatabaseBusy
from server.database.turns import Turns


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def test_one_key_waits_and_another_does_not() -> None:
    async def story() -> None:
        turns = Turns(at_once=1, wait_seconds=10)
        order: list[str] = []

        async def work(key: str, name: str) -> None:
            async with turns.turn(key):
                order.append(f"{name} begins")
                await asyncio.sleep(0.01)
                order.append(f"{name} ends")

        await asyncio.gather(work("a", "first"), work("a", "second"), work("b", "other"))
        first = [each for each in order if not each.startswith("other")]
        assert first == ["first begins", "first ends", "second begins", "second ends"]
        assert order.index("other begins") < order.index("first ends")
        assert len(turns) == 0

    run(story())


def test_a_turn_that_does_not_come_is_a_busy_database() -> None:
    async def story() -> None:
        turns = Turns(at_once=2, wait_seconds=0.01)
        async with turns.turn("a"), turns.turn("a"):
            with pytest.raises(DatabaseBusy):
                async with turns.turn("a"):
                    pytest.fail("there is no third turn")
            async with turns.turn("b"):
                assert len(turns) == 2
        async with turns.turn("a"):
            assert len(turns) == 1
        assert len(turns) == 0

    run(story())


def test_who_gives_up_takes_no_turn_along() -> None:
    async def story() -> None:
        turns = Turns(at_once=1, wait_seconds=10)

        async def work() -> None:
            async with turns.turn("a"):
                await asyncio.sleep(0.001)

        tasks = [asyncio.create_task(work()) for _ in range(30)]
        for number, task in enumerate(tasks):
            await asyncio.sleep(0.0002)
            if number % 2:
                task.cancel()
        await asyncio.wait(tasks)
        assert len(turns) == 0
        async with asyncio.timeout(1), turns.turn("a"):
            pass

    run(story())


def test_an_error_gives_the_turn_back() -> None:
    async def story() -> None:
        turns = Turns(at_once=1, wait_seconds=10)
        with contextlib.suppress(KeyError):
            async with turns.turn("a"):
                raise KeyError
        assert len(turns) == 0

    run(story())
