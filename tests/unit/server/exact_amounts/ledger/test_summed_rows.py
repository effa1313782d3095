"""The rows that are summed, and the queries that read them, have the same columns."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.database.queries import load_queries
from server.exact_amounts.ledger.sealed_records import SEALED_TABLES, record_columns
from server.exact_amounts.ledger.summed_rows import (
    SummedAnchor,
    SummedTable,
    columns_of,
    encode_row,
    locator_of,
    row_id_of,
    summed_row,
)

QUERIES = load_queries("server.exact_amounts.ledger")
ONE, OTHER = UUID(int=1), UUID(int=2)
CELLS = st.none() | st.integers(-1, 2**63 - 1) | st.binary(max_size=40) | st.text(max_size=20)
ROWS = st.lists(CELLS, min_size=1, max_size=4).map(tuple)


def selected(query: str) -> tuple[str, ...]:
    """The columns that a query selects; of the last bytes of a record, the tag."""
    text = " ".join(QUERIES[query].split()).removeprefix("SELECT ").partition(" FROM ")[0]
    text = re.sub(
        r"substr\((?:\w+\.)?(\w+)_sealed, length\((?:\w+\.)?\w+\) - 15\)", r"\1_tag", text
    )
    return tuple(column.rpartition(".")[2] for column in text.split(", "))


@pytest.mark.parametrize("table", SummedTable)
def test_queries_read_the_columns_that_are_summed(table: SummedTable) -> None:
    assert selected(f"summed_{table.value}") == columns_of(table)
    for name in QUERIES:
        if name.startswith("stale_") and name.endswith(table.value):
            assert selected(name)[: len(columns_of(table))] == columns_of(table)


def test_queries_read_the_columns_of_sealed_records() -> None:
    for table in SEALED_TABLES:
        assert selected(f"records_of_{table.value}") == record_columns(table)


@given(ROWS, ROWS)
def test_different_rows_are_written_differently(
    row: tuple[object, ...], other: tuple[object, ...]
) -> None:
    assert (encode_row(row) == encode_row(other)) == (row == other)


def test_of_a_sealed_column_the_tag_is_taken() -> None:
    row = summed_row(
        SummedTable.ANSWERS,
        {
            "idempotency_mac": b"m",
            "request_mac": b"r",
            "version": 1,
            "key_version": 1,
            "created_at": "",
            "answer_sealed": bytes(range(40)),
        },
    )

    assert row[-1] == bytes(range(24, 40))


def test_anchors_are_told_apart_by_their_whole_key_and_named_by_their_batch() -> None:
    anchor = SummedAnchor(ONE.bytes, "2026-03-31", OTHER.bytes, "opening", 1, 1, 0, b"tag")
    others = [
        anchor._replace(account_id=OTHER.bytes),
        anchor._replace(stated_on="2026-04-30"),
        anchor._replace(batch_id=ONE.bytes),
        anchor._replace(source="statement"),
    ]
    locators = {locator_of(SummedTable.ANCHORS, row) for row in (anchor, *others)}

    assert len(locators) == 5
    assert row_id_of(SummedTable.ANCHORS, anchor) == OTHER
    assert locator_of(SummedTable.ANCHORS, anchor._replace(version=2)) in locators
