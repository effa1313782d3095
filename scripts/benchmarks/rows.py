"""Every row of the benchmark by its name, in the order in which they are measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from benchmarks.change_feeds import change_feed, change_feed_postgresql, sealed_feed
from benchmarks.measuring import Figure
from benchmarks.requests import refresh_start, small_read
from benchmarks.stage import Stage
from benchmarks.statements import ofx_reading
from benchmarks.stored_pages import stored_page, stored_page_postgresql
from benchmarks.workbooks import (
    changed_rows,
    ledger_workbook,
    template_cells,
    template_growth,
)

__all__ = ["ROWS", "Row"]

#: Measures one figure or more; those that come out of the same runs come together.
Row: TypeAlias = Callable[[Stage], Sequence[Figure]]

ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "ledger-workbook": ledger_workbook,
        "client-memory": ledger_workbook,
        "template-cells": template_cells,
        "template-growth": template_growth,
        "template-memory": template_growth,
        "changed-rows": changed_rows,
        "change-feed": change_feed,
        "change-feed-postgresql": change_feed_postgresql,
        "sealed-feed": sealed_feed,
        "stored-page": stored_page,
        "stored-page-postgresql": stored_page_postgresql,
        "ofx-reading": ofx_reading,
        "small-read": small_read,
        "refresh-start": refresh_start,
    }
)
