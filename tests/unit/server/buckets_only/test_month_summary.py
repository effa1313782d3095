"""The month summary counts buckets, and nothing that was never disclosed."""

from __future__ import annotations

import asyncio
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.buckets_only.analytics.month_summary import summarise_months
from server.buckets_only.analytics.routes import MonthLine, MonthSummaryAnswer, endpoints
from server.buckets_only.ports import InMemoryLedgerView
from server.shared_types.buckets import Bucket, BucketedEntry, Direction
from server.shared_types.ids import (
    AccountId,
    EntryId,
    PersonId,
    PrincipalId,
    TenantId,
    TokenId,
)
from server.web.endpoints import Call, NoBody, NoQuery, Reply
from server.web.ports import Principal

TENANT = TenantId(UUID(int=1))


def entry(
    day: str = "2026-03-31",
    category_id: str | None = None,
    bucket: Bucket = Bucket.SMALL,
    direction: Direction = Direction.OUT,
) -> BucketedEntry:
    return BucketedEntry(
        entry_id=EntryId(UUID(int=1)),
        account_id=AccountId(UUID(int=2)),
        posted_on=day,
        currency="EUR",
        bucket=bucket,
        direction=direction,
        masked_description="",
        bank_kind="",
        category_id=category_id,
    )


def test_equal_lines_are_counted_together_in_order() -> None:
    summary = summarise_months(
        [
            entry("2026-04-01"),
            entry(bucket=Bucket.LARGE, direction=Direction.IN),
            entry(category_id="cash"),
            entry(),
            entry(bucket=Bucket.MICRO),
            entry("2026-03-01"),
        ]
    )

    assert [(line.month, line.category_id, line.bucket, line.count) for line in summary] == [
        ("2026-03", None, Bucket.MICRO, 1),
        ("2026-03", None, Bucket.SMALL, 2),
        ("2026-03", None, Bucket.LARGE, 1),
        ("2026-03", "cash", Bucket.SMALL, 1),
        ("2026-04", None, Bucket.SMALL, 1),
    ]


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from(["2026-03-31", "2026-04-01", "2025-12-31"]),
        st.sampled_from([None, "cash", "transfer"]),
        st.sampled_from(list(Bucket)),
        st.sampled_from(list(Direction)),
    ),
    max_size=30,
)


@given(entries, st.randoms(use_true_random=False))
def test_the_order_of_the_ledger_changes_nothing(
    ledger: list[BucketedEntry], random: Random
) -> None:
    shuffled = sorted(ledger, key=lambda _: random.random())
    summary = summarise_months(ledger)

    assert summarise_months(shuffled) == summary
    assert sum(line.count for line in summary) == len(ledger)


@pytest.mark.parametrize("tenant", [TENANT, TenantId(UUID(int=2))])
def test_the_route_tells_the_names_of_categories_to_their_owner_only(tenant: TenantId) -> None:
    (endpoint,) = endpoints(InMemoryLedgerView({TENANT: [entry(category_id="cash")]}))
    principal = Principal(
        tenant_id=tenant,
        principal_id=PrincipalId(UUID(int=3)),
        person_id=PersonId(UUID(int=4)),
        token_id=TokenId(UUID(int=5)),
        scopes=frozenset(),
    )
    call = Call(principal=principal, request_id="r", path={}, query=NoQuery(), body=NoBody())

    async def ask() -> Reply:
        return await endpoint.handle(call)

    reply = asyncio.run(ask())
    line = MonthLine(month="2026-03", category="Cash", bucket="SMALL", direction="out", count=1)

    assert reply.body == MonthSummaryAnswer(months=[line] if tenant == TENANT else [])
