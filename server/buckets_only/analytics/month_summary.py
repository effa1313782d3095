"""How many entries of which size a month had, by category. Pure: counts of buckets, never a sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from server.shared_types.buckets import Bucket, BucketedEntry, Direction

__all__ = ["MonthCount", "summarise_months"]

_MONTH_CHARACTERS = len("2026-03")
_BUCKET_ORDER = {bucket: place for place, bucket in enumerate(Bucket)}
_DIRECTION_ORDER = {direction: place for place, direction in enumerate(Direction)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCount:
    """How many entries of one month share category, bucket and direction."""

    #: ISO 8601: "2026-03".
    month: str
    #: Stable id of the category, or None.
    category_id: str | None
    bucket: Bucket
    direction: Direction
    count: int


def summarise_months(entries: Iterable[BucketedEntry]) -> list[MonthCount]:
    """Return the counts by month, category, bucket and direction, in that order; no category comes first."""
    counts = Counter(
        (entry.posted_on[:_MONTH_CHARACTERS], entry.category_id, entry.bucket, entry.direction)
        for entry in entries
    )
    summary = [
        MonthCount(
            month=month, category_id=category_id, bucket=bucket, direction=direction, count=count
        )
        for (month, category_id, bucket, direction), count in counts.items()
    ]
    summary.sort(
        key=lambda line: (
            line.month,
            line.category_id or "",
            _BUCKET_ORDER[line.bucket],
            _DIRECTION_ORDER[line.direction],
        )
    )
    return summary
