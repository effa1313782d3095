"""The names of all routes: the words that the table, the rooms and the log share."""

from __future__ import annotations

from enum import StrEnum, unique

__all__ = ["RouteName"]


@unique
class RouteName(StrEnum):
    """Every route there is; the table in `server.web.route_table` says the rest about each."""

    OPENAPI = "openapi"
    HEALTH = "health"
    SIGN_UP = "sign_up"
    SHOW_PROFILE = "show_profile"
    LIST_TOKENS = "list_tokens"
    CREATE_TOKEN = "create_token"  # noqa: S105 - a route's name
    REVOKE_TOKEN = "revoke_token"  # noqa: S105 - a route's name
    LIST_ACCOUNTS = "list_accounts"
    CREATE_ACCOUNT = "create_account"
    LIST_ENTRIES = "list_entries"
    CREATE_ENTRIES = "create_entries"
    PREVIEW_IMPORT = "preview_import"
    IMPORT_STATEMENT = "import_statement"
    LIST_BATCHES = "list_batches"
    UNDO_BATCH = "undo_batch"
    READ_CHANGES = "read_changes"
    SUMMARISE_MONTHS = "summarise_months"
    APPLY_EDITS = "apply_edits"
    STATE_BALANCE = "state_balance"
    ADJUST_BALANCE = "adjust_balance"
    EXPLAIN_ACCOUNT = "explain_account"
    LIST_CLOSINGS = "list_closings"
    CLOSE_MONTH = "close_month"
    SHOW_CLOSING = "show_closing"
    REOPEN_MONTH = "reopen_month"
    TAKE_LEASE = "take_lease"
    DROP_LEASE = "drop_lease"
