"""Serves the echoing rooms in a process of their own, with short deadlines; prints the port."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus

from server.shared_types.clock import new_id
from server.web.connections import Deadlines
from server.web.endpoints import Call, Endpoint, Reply, RouteName
from server.web.serving import ServingOptions, bind, serve
from tests.unit.server.web.fake_rooms import Stage

HEAVY_BYTES = 64 * 1024 * 1024


async def send_much(_call: Call) -> Reply:
    return Reply(body=b"x" * HEAVY_BYTES)


async def take_long(_call: Call) -> Reply:
    await asyncio.sleep(1.0)
    return Reply(body=b"{}", status=HTTPStatus.OK)


def main() -> None:
    heavy = Endpoint(name=RouteName.LIST_ACCOUNTS, handle=send_much, answer=None)
    long = Endpoint(name=RouteName.LIST_BATCHES, handle=take_long, answer=None)
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    options = ServingOptions(
        deadlines=Deadlines(
            head_seconds=0.5,
            body_seconds=0.6,
            answer_seconds=0.5,
            idle_seconds=1,
            closing_seconds=0.2,
            connections_per_client=40,
        ),
        grace_seconds=2,
    )

    def ready() -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    asyncio.run(serve(Stage().app(heavy, long), listener, options, new_id, ready))


if __name__ == "__main__":
    main()
