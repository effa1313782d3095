"""Named queries: each room keeps its SQL in one file beside its store. It must not run them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

__all__ = ["load_queries"]

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


def load_queries(package: str, resource: str = "queries.sql") -> Mapping[str, str]:
    """
    Return the queries of a package's SQL file by name.

    A query begins with a line `-- name: find_entry` and ends before the next one.
    """
    text = files(package).joinpath(resource).read_text(encoding="utf-8")
    head, *blocks = _NAME.split(text)
    assert not _without_comments(head), "every query has a name"
    names, bodies = blocks[::2], blocks[1::2]
    assert len(set(names)) == len(names), "a name stands for one query"
    queries = {name: body.strip() for name, body in zip(names, bodies, strict=True)}
    assert all(_without_comments(query) for query in queries.values()), "no query is empty"
    return MappingProxyType(queries)


def _without_comments(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "".join(line for line in lines if not line.startswith("--"))
