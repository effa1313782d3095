"""
What a refusal of the server means to the client: a problem of its own, chosen by code and by status.

Of the answer's text nothing is repeated but plain words: a code, a request id, a line and a reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from excel_client.problems import (
    AnswerNotReadable,
    ClientProblem,
    Conflict,
    CurrencyNeeded,
    CurrencyUnknown,
    EpochIsOver,
    FileTooLarge,
    KeyRefused,
    MonthIsClosed,
    MonthNotClosed,
    MonthNotOver,
    NotFound,
    RequestRefused,
    ScopeMissing,
    ServerBusy,
    ServerFailed,
    ServerFull,
    StatementRefused,
    TooManyRequests,
    WorkbookBusy,
)
from excel_client.wire_format import ProblemAnswer

__all__ = ["problem_of"]

_SAFE_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SAFE_SENTENCE_MAX: Final = 200

_BY_CODE: Final[Mapping[str, type[ClientProblem]]] = MappingProxyType(
    {
        "statement_refused": StatementRefused,
        "currency_needed": CurrencyNeeded,
        "unknown_currency": CurrencyUnknown,
        # Both mean that the ledger has to be read from the start.
        "epoch_is_over": EpochIsOver,
        "cursor_not_readable": EpochIsOver,
        "workbook_busy": WorkbookBusy,
        "month_is_closed": MonthIsClosed,
        "month_not_closed": MonthNotClosed,
        "month_not_over": MonthNotOver,
    }
)
_BY_STATUS: Final[Mapping[int, type[ClientProblem]]] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: KeyRefused,
        HTTPStatus.FORBIDDEN: ScopeMissing,
        HTTPStatus.NOT_FOUND: NotFound,
        HTTPStatus.CONFLICT: Conflict,
        HTTPStatus.GONE: EpochIsOver,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: FileTooLarge,
        HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
        HTTPStatus.SERVICE_UNAVAILABLE: ServerBusy,
        HTTPStatus.INSUFFICIENT_STORAGE: ServerFull,
    }
)


def problem_of(status: int, body: bytes) -> ClientProblem:
    """The client's problem for a refusal; nothing of the answer is repeated but plain words."""
    try:
        told = msgspec.json.decode(body, type=ProblemAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = ProblemAnswer()
    place: dict[str, str | int] = {}
    line, what = told.place.get("line"), told.place.get("what")
    if isinstance(line, int):
        place["line"] = line
    if isinstance(what, str):
        place["what"] = "".join(filter(str.isprintable, what))[:_SAFE_SENTENCE_MAX]
    code = told.code if _SAFE_WORD.fullmatch(told.code) else ""
    chosen = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if chosen is None:
        if status < HTTPStatus.BAD_REQUEST:
            return AnswerNotReadable()
        server_side = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        chosen = ServerFailed if server_side else RequestRefused
    if code and code not in _BY_CODE:
        place["code"] = code
    if _SAFE_WORD.fullmatch(told.request_id):
        place["request_id"] = told.request_id
    return chosen(**place)
