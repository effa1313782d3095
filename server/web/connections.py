"""
Connections with deadlines: uvicorn's h11 protocol has none for headers, bodies and readers that stop reading.

A connection that sends its head or its body too slowly, or takes its answer too slowly, is closed; one client may
hold a limited number of them. Nothing here looks at what is sent.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from server.web.answers import whole_problem_answer
from server.web.gathered_writes import GatheringTransport
from server.web.problems import RequestUnreadable

__all__ = ["ConnectionCount", "Deadlines", "PatientProtocol", "patient_protocol"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long a client may take, and how many connections it may hold."""

    #: From the connection, or a request's first byte, to the end of its headers.
    head_seconds: float = 10.0
    #: For a body, whatever its size.
    body_seconds: float = 20.0
    #: More time for a body, and for taking an answer, as long as it moves at this rate.
    rate_bytes_per_second: int = 16 * 1024
    #: How long an answer may lie untaken.
    answer_seconds: float = 20.0
    #: From an answer to the next request's first byte.
    idle_seconds: int = 5
    #: Between the polite end of a connection and its hard one.
    closing_seconds: float = 1.0
    #: From one client address.
    connections_per_client: int = 256


ConnectionCount = Counter[str]


class PatientProtocol(H11Protocol):
    """One connection that is given a limited time for each of its steps."""

    def __init__(
        self,
        *arguments: Any,
        deadlines: Deadlines,
        count: ConnectionCount,
        new_id: Callable[[], uuid.UUID],
        **more: Any,
    ) -> None:
        super().__init__(*arguments, **more)
        self._new_id = new_id
        self._deadlines = deadlines
        self._count = count
        self._client_address = ""
        self._receiving: asyncio.TimerHandle | None = None
        #: What the running deadline is for: h11's name of the client's state.
        self._receiving_state: object = None
        self._body_deadline = 0.0
        self._sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin to wait for a request, unless the client holds too many connections."""
        super().connection_made(GatheringTransport(transport, self.loop))
        self._client_address = self.client[0] if self.client else ""
        self._count[self._client_address] += 1
        if self._count[self._client_address] > self._deadlines.connections_per_client:
            transport.abort()
            return
        self._watch_receiving(0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop every clock."""
        self._count[self._client_address] -= 1
        if self._count[self._client_address] <= 0:
            del self._count[self._client_address]
        self._stop_receiving_clock()
        self._stop_sending_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, then see what is waited for next."""
        super().data_received(data)
        self._watch_receiving(len(data))

    def on_response_complete(self) -> None:
        """Go on to the next request, which may be in the buffer already."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._watch_receiving(0)

    def pause_writing(self) -> None:
        """Begin to watch a client that does not take its answer."""
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        """The client took enough of it."""
        self._stop_sending_clock()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that asks for nothing more, though its last answer may lie untaken."""
        super().timeout_keep_alive_handler()
        if self._sending is None:
            self._abort_after(self._deadlines.answer_seconds)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        """Answer what is no HTTP in the way of every other problem."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            # A request whose body broke off: its handler learns that the client is gone.
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(whole_problem_answer(RequestUnreadable(), str(self._new_id())))
        self._end()

    def _watch_receiving(self, received_bytes: int) -> None:
        state = self.conn.their_state
        deadlines = self._deadlines
        if state is h11.SEND_BODY:
            more_seconds = received_bytes / deadlines.rate_bytes_per_second
            if self._receiving_state is state:
                # The clock that runs looks at this when it rings.
                self._body_deadline += more_seconds
                return
            self._body_deadline = self.loop.time() + deadlines.body_seconds + more_seconds
            self._start_receiving_clock(state, deadlines.body_seconds)
        elif state is h11.IDLE and self.timeout_keep_alive_task is None:
            if self._receiving_state is not state:
                self._start_receiving_clock(state, deadlines.head_seconds)
        else:
            self._stop_receiving_clock()

    def _start_receiving_clock(self, state: object, seconds: float) -> None:
        self._stop_receiving_clock()
        self._receiving_state = state
        self._receiving = self.loop.call_later(seconds, self._receiving_too_slow)

    def _stop_receiving_clock(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
        self._receiving = None
        self._receiving_state = None

    def _receiving_too_slow(self) -> None:
        state = self._receiving_state
        left_seconds = self._body_deadline - self.loop.time()
        if state is h11.SEND_BODY and left_seconds > 0:
            self._start_receiving_clock(state, left_seconds)
            return
        self._end()

    def _watch_sending(self) -> None:
        self._stop_sending_clock()
        waiting_bytes = self.transport.get_write_buffer_size()
        self._sending = self.loop.call_later(
            self._deadlines.answer_seconds, self._sending_too_slow, waiting_bytes
        )

    def _stop_sending_clock(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
        self._sending = None

    def _sending_too_slow(self, waiting_bytes_before: int) -> None:
        deadlines = self._deadlines
        taken_bytes = waiting_bytes_before - self.transport.get_write_buffer_size()
        if taken_bytes < deadlines.rate_bytes_per_second * deadlines.answer_seconds:
            self.transport.abort()
        else:
            self._watch_sending()

    def _end(self) -> None:
        self.transport.close()
        self._abort_after(self._deadlines.closing_seconds)

    def _abort_after(self, seconds: float) -> None:
        """Closing waits until all is sent, for ever if nobody takes it; aborting does not."""
        self.loop.call_later(seconds, self.transport.abort)


def patient_protocol(
    deadlines: Deadlines, new_id: Callable[[], uuid.UUID]
) -> Callable[..., PatientProtocol]:
    """Return what makes a protocol for each connection of one server."""
    count: ConnectionCount = Counter()

    def make(*arguments: Any, **more: Any) -> PatientProtocol:
        return PatientProtocol(*arguments, deadlines=deadlines, count=count, new_id=new_id, **more)

    return make
