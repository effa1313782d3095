"""The server's HTTP API, as calls that return what the client reads of the answers."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self, TypeVar

import httpx
import msgspec

from excel_client.problems import AnswerNotReadable
from excel_client.server_api.refusals import problem_of
from excel_client.server_api.sending import Request, Sender, random_share
from excel_client.server_api.uploads import StatementUpload
from excel_client.settings import ServerOrigin
from excel_client.wire_format import (
    Accounts,
    ApiKey,
    Batches,
    Changes,
    ClosedMonth,
    Closings,
    EditsDone,
    EditsToSend,
    Explanation,
    ImportedStatement,
    Lease,
    PreviewedStatement,
    Profile,
    Reopened,
    SignedUp,
    StatedBatch,
    Undone,
    WholeChanges,
)

__all__ = ["FeedPosition", "ServerApi", "new_idempotency_key"]

#: Entries to a page of the change feed.
_PAGE_ENTRIES: Final = 10_000
_DONE: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})
_SAFE_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")

AnswerType = TypeVar("AnswerType", bound=msgspec.Struct)
PageType = TypeVar("PageType", Changes, WholeChanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPosition:
    """Up to where a reader has read the change feed."""

    epoch: str
    cursor: str


def new_idempotency_key() -> str:
    """A key that no other request has."""
    return secrets.token_hex(16)


class ServerApi:
    """
    A server, spoken to with one key; a context manager, since it keeps a connection.

    Every failure of a call is a problem of `excel_client.problems`.
    """

    def __init__(
        self,
        origin: ServerOrigin,
        key: ApiKey | None,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random_share,
    ) -> None:
        """`transport`, `pause` and `chance` (0 to 1) are arguments for the sake of tests."""
        self._sender = Sender(origin, key, transport=transport, pause=pause, chance=chance)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.close()

    def sign_up(self, ledger_name: str, token_label: str) -> SignedUp:
        """Make a new ledger, where the server lets anybody do so."""
        body = {"ledger_name": ledger_name, "token_label": token_label}
        return self._post("/v1/signup", body, SignedUp)

    def profile(self) -> Profile:
        """Whose key this is."""
        return self._call(Request(method="GET", path="/v1/profile"), Profile)

    def accounts(self) -> Accounts:
        """Every account with its proof."""
        return self._call(Request(method="GET", path="/v1/accounts"), Accounts)

    def preview(self, upload: StatementUpload) -> PreviewedStatement:
        """What importing a statement would do."""
        request = Request(
            method="POST",
            path="/v1/imports/preview",
            query=upload.query(),
            content=upload.content,
            content_type="application/octet-stream",
            changes_nothing=True,
        )
        return self._call(request, PreviewedStatement)

    def import_statement(
        self, upload: StatementUpload, *, idempotency_key: str
    ) -> ImportedStatement:
        """Import a statement, as one batch."""
        request = Request(
            method="POST",
            path="/v1/imports",
            query=upload.query(),
            content=upload.content,
            content_type="application/octet-stream",
            idempotency_key=idempotency_key,
        )
        return self._call(request, ImportedStatement)

    def batches(self) -> Batches:
        """The batches of the ledger, newest first."""
        return self._call(Request(method="GET", path="/v1/batches"), Batches)

    def undo(self, batch: str, *, idempotency_key: str) -> Undone:
        """Take back a batch; `batch` is a UUID."""
        assert _SAFE_WORD.fullmatch(batch), "a batch is named by its UUID"
        request = Request(
            method="POST", path=f"/v1/batches/{batch}/undo", idempotency_key=idempotency_key
        )
        return self._call(request, Undone)

    def push_edits(self, edits: EditsToSend, *, idempotency_key: str) -> EditsDone:
        """Send edits: all that are applied become one batch."""
        return self._post("/v1/edits", edits, EditsDone, idempotency_key=idempotency_key)

    def take_lease(self, workbook: str, seconds: int, holder: str) -> Lease:
        """Hold a workbook for a while; raise WorkbookBusy while another holder does."""
        body = {"workbook": workbook, "seconds": seconds, "holder": holder}
        return self._post("/v1/workbook-leases", body, Lease)

    def drop_lease(self, lease: str) -> None:
        """Let go of a workbook."""
        self._do(Request(method="DELETE", path=f"/v1/workbook-leases/{_checked(lease)}"))

    def state_balance(
        self, account_id: str, on: str, balance: str, *, idempotency_key: str
    ) -> StatedBatch:
        """State what an account held at the end of a day."""
        body = {"account_id": account_id, "on": on, "balance": balance}
        return self._post("/v1/balances", body, StatedBatch, idempotency_key=idempotency_key)

    def adjust(
        self, account_id: str, on: str, amount: str, reason: str, *, idempotency_key: str
    ) -> StatedBatch:
        """Add an explicit line that makes an account add up until the cause is found."""
        body = {"account_id": account_id, "on": on, "amount": amount, "reason": reason}
        return self._post("/v1/adjustments", body, StatedBatch, idempotency_key=idempotency_key)

    def explanation(self, account_id: str) -> Explanation:
        """Why an account does not add up."""
        path = f"/v1/accounts/{_checked(account_id)}/explanation"
        return self._call(Request(method="GET", path=path), Explanation)

    def closings(self) -> Closings:
        """Every closing of a month, oldest first."""
        return self._call(Request(method="GET", path="/v1/closings"), Closings)

    def closed_month(self, month: str) -> ClosedMonth:
        """A closed month ("2026-03"): its evidence, and what arrived late."""
        path = f"/v1/closings/{_checked(month)}"
        return self._call(Request(method="GET", path=path), ClosedMonth)

    def close_month(self, month: str, *, idempotency_key: str) -> ClosedMonth:
        """Close a month that is over."""
        body = {"month": month}
        return self._post("/v1/closings", body, ClosedMonth, idempotency_key=idempotency_key)

    def reopen_month(self, month: str, reason: str, *, idempotency_key: str) -> Reopened:
        """Open a closed month again."""
        path = f"/v1/closings/{_checked(month)}/reopen"
        return self._post(path, {"reason": reason}, Reopened, idempotency_key=idempotency_key)

    def changes(self, after: FeedPosition | None, page_type: type[PageType]) -> Iterator[PageType]:
        """Pages of what changed after a position, or of everything; raise EpochIsOver for an old position."""
        position = after
        while True:
            query = {"limit": str(_PAGE_ENTRIES)}
            if position is not None:
                query |= {"epoch": position.epoch, "after": position.cursor}
            page = self._call(
                Request(method="GET", path="/v1/ledger/changes", query=query), page_type
            )
            yield page
            if not page.more:
                return
            moved = FeedPosition(epoch=page.epoch, cursor=page.cursor)
            if not moved.cursor or moved == position:
                # It would turn in a circle for ever.
                raise AnswerNotReadable
            position = moved

    def _post(
        self,
        path: str,
        body: object,
        answer_type: type[AnswerType],
        *,
        idempotency_key: str = "",
    ) -> AnswerType:
        request = Request(
            method="POST",
            path=path,
            content=msgspec.json.encode(body),
            content_type="application/json",
            idempotency_key=idempotency_key,
        )
        return self._call(request, answer_type)

    def _do(self, request: Request) -> bytes:
        """Send a request and return the answer's body; raise what a refusal means."""
        answer = self._sender.send(request)
        if answer.status not in _DONE:
            raise problem_of(answer.status, answer.body)
        return answer.body

    def _call(self, request: Request, answer_type: type[AnswerType]) -> AnswerType:
        body = self._do(request)
        try:
            return msgspec.json.decode(body, type=answer_type)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The decoder's own text may repeat what it read.
            raise AnswerNotReadable from None


def _checked(word: str) -> str:
    """A word on its way into a path."""
    if not _SAFE_WORD.fullmatch(word):
        raise AnswerNotReadable
    return word
