"""Look-ups of many ids at once: statements of one length, for the driver to prepare once. It decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from server.database.sessions import Session

__all__ = ["MANY", "fetch_many", "written_out"]

#: How many ids one statement asks for.
MANY = 250


def written_out(query: str, name: str) -> str:
    """Return a query with its one list of ids (`(:name)`) written out to single parameters."""
    listed = f"(:{name})"
    assert query.count(listed) == 1, "one list of ids"
    return query.replace(listed, f"({', '.join(f':id_{place}' for place in range(MANY))})")


async def fetch_many(
    session: Session, query: str, ids: Collection[bytes], values: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    """Return the rows that a query which was written out finds for these ids, however many, in the ids' order."""
    asked = sorted(set(ids))
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(asked), MANY):
        some = asked[start : start + MANY]
        some += [some[-1]] * (MANY - len(some))
        parameters = {f"id_{place}": each for place, each in enumerate(some)}
        rows += await session.fetch_bulk(query, {**values, **parameters})
    return rows
