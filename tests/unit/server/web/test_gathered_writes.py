from __future__ import annotations

import asyncio

from server.web.gathered_writes import GatheringTransport


class Recorder(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.did: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.did.append(bytes(data))

    def close(self) -> None:
        self.did.append("closed")

    def abort(self) -> None:
        self.did.append("aborted")


def did(*steps: bytes | str) -> list[bytes | str]:
    """What reaches the transport behind, when these steps are taken in one turn of the loop."""
    recorder = Recorder()

    async def main() -> None:
        gathering = GatheringTransport(recorder, asyncio.get_running_loop())
        for step in steps:
            if isinstance(step, bytes):
                gathering.write(step)
            elif step == "close":
                gathering.close()
            elif step == "abort":
                gathering.abort()
            else:
                await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    return recorder.did


def test_what_is_written_in_one_turn_goes_out_at_once() -> None:
    assert did(b"head", b"", b"body") == [b"headbody"]


def test_nothing_is_kept_back_beyond_a_turn() -> None:
    assert did(b"first", "turn", b"second") == [b"first", b"second"]


def test_what_is_large_goes_out_on_the_spot_and_in_order() -> None:
    large = b"x" * 100_000
    assert did(b"head", large, b"tail") == [b"head", large, b"tail"]


def test_closing_sends_what_was_gathered_first() -> None:
    assert did(b"last words", "close") == [b"last words", "closed"]


def test_aborting_sends_nothing_more() -> None:
    assert did(b"last words", "abort") == ["aborted"]
