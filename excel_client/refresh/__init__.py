"""A refresh: what was typed is sent, what changed is fetched, and the workbook is written in one short burst."""

from __future__ import annotations

from excel_client.refresh.fetching import pull_changes
from excel_client.refresh.refreshing import (
    Refreshed,
    WorkbookStatus,
    refresh_workbook,
    workbook_status,
)

__all__ = ["Refreshed", "WorkbookStatus", "pull_changes", "refresh_workbook", "workbook_status"]
