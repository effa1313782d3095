"""The routes of the reports that are made of buckets."""

from __future__ import annotations

from msgspec import Struct

from server.buckets_only.analytics.month_summary import MonthCount, summarise_months
from server.buckets_only.ports import LedgerView
from server.shared_types.categories import DEFAULT_CATEGORIES
from server.web.endpoints import Call, Endpoint, Endpoints, Reply, RouteName

__all__ = ["MonthLine", "MonthSummaryAnswer", "endpoints"]


class MonthLine(Struct, frozen=True, kw_only=True):
    """How many entries of one month share category, size and direction."""

    #: ISO 8601: "2026-03".
    month: str
    #: The category's name, or null.
    category: str | None
    bucket: str
    #: "in", "out" or "none".
    direction: str
    count: int


class MonthSummaryAnswer(Struct, frozen=True, kw_only=True):
    """Counts by month, category, size and direction."""

    months: list[MonthLine]


def _line(count: MonthCount) -> MonthLine:
    category = DEFAULT_CATEGORIES[count.category_id] if count.category_id else None
    return MonthLine(
        month=count.month,
        category=category.name if category else None,
        bucket=count.bucket,
        direction=count.direction,
        count=count.count,
    )


def endpoints(view: LedgerView) -> Endpoints:
    """Return the reports' endpoints."""

    async def summarise(call: Call) -> Reply:
        entries = await view.bucketed_entries(call.caller().tenant_id)
        return Reply(
            body=MonthSummaryAnswer(months=[_line(count) for count in summarise_months(entries)])
        )

    return (Endpoint(name=RouteName.SUMMARISE_MONTHS, handle=summarise, answer=MonthSummaryAnswer),)
