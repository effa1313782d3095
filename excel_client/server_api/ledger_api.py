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
    ImportedStatement,
    PreviewedStatement,
    Profile,
    SignedUp,
    Undone,
    WholeChanges,
)

__all__ = ["FeedPosition", "ServerApi", "new_idempotency_key"]

#: Entries to a page of the change feed.
_PAGE_ENTRIES: Final = 10_000
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
        body = msgspec.json.encode({"ledger_name": ledger_name, "token_label": token_label})
        return self._call(
            Request(
                method="POST", path="/v1/signup", content=body, content_type="application/json"
            ),
            SignedUp,
        )

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

    def _call(self, request: Request, answer_type: type[AnswerType]) -> AnswerType:
        answer = self._sender.send(request)
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise problem_of(answer.status, answer.body)
        try:
            return msgspec.json.decode(answer.body, type=answer_type)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The decoder's own text may repeat what it read.
            raise AnswerNotReadable from None
