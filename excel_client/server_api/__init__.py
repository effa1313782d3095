"""The server's HTTP API: what can be asked, how it is sent, and what a refusal means."""

from __future__ import annotations

from excel_client.server_api.ledger_api import FeedPosition, ServerApi, new_idempotency_key
from excel_client.server_api.uploads import StatementUpload, read_statement

__all__ = ["FeedPosition", "ServerApi", "StatementUpload", "new_idempotency_key", "read_statement"]
