"""Named queries are read from the file of their room."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from server.database.queries import load_queries


def package(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"room_of_{folder.name.replace('-', '_')}"
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("", encoding="utf-8")
    (folder / name / "queries.sql").write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


def test_queries_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "-- Of entries.\n\n-- name: one\n-- Why.\nSELECT 1\n\n-- name: two\nSELECT\n    2\n"
    queries = load_queries(package(tmp_path, content, monkeypatch))
    assert dict(queries) == {"one": "-- Why.\nSELECT 1", "two": "SELECT\n    2"}


@pytest.mark.parametrize(
    "content",
    [
        "SELECT 1\n",
        "-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n",
        "-- name: one\n-- Nothing here.\n-- name: two\nSELECT 2\n",
    ],
    ids=["without a name", "twice the same name", "empty"],
)
def test_a_file_that_is_not_clear_is_our_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    with pytest.raises(AssertionError):
        load_queries(package(tmp_path, content, monkeypatch))
