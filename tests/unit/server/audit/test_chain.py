"""The chain of the trail: whatever is done to one event or to its place is found and named."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.chain import (
    NO_HASH,
    AuditFinding,
    AuditHead,
    Chain,
    Fault,
    TrailRow,
    hash_of,
)

TENANT = bytes(range(16))


def trail(count: int) -> list[TrailRow]:
    rows: list[TrailRow] = []
    for sequence in range(1, count + 1):
        row = TrailRow(
            sequence=sequence,
            at=f"2026-03-31T12:00:{sequence % 60:02}.000+00:00",
            tenant_id=TENANT if sequence % 2 else None,
            principal_id=None,
            event="token_made",
            subject=sequence.to_bytes(16, "big"),
            detail_code=None,
            count=sequence,
            previous_hash=rows[-1].hash if rows else NO_HASH,
        )
        rows.append(replace(row, hash=hash_of(row)))
    return rows


def head_of(rows: list[TrailRow]) -> AuditHead:
    if not rows:
        return AuditHead(sequence=0, hash=NO_HASH)
    return AuditHead(sequence=rows[-1].sequence, hash=rows[-1].hash)


def finding(
    rows: list[TrailRow], head: AuditHead, anchor: AuditHead | None = None
) -> AuditFinding | None:
    chain = Chain(anchor)
    for row in sorted(rows, key=lambda row: row.sequence):
        found = chain.take(row)
        if found is not None:
            return found
    return chain.end(head)


def found_at(fault: Fault, sequence: int) -> AuditFinding:
    return AuditFinding(fault=fault, sequence=sequence)


@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_a_whole_trail_is_whole(count: int) -> None:
    rows = trail(count)
    assert finding(rows, head_of(rows)) is None
    for anchored in rows:
        anchor = AuditHead(sequence=anchored.sequence, hash=anchored.hash)
        assert finding(rows, head_of(rows), anchor) is None


@pytest.mark.parametrize("at", [1, 5, 10])
@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-03-30T12:00:00.000+00:00"},
        {"tenant_id": bytes(16)},
        {"tenant_id": None, "principal_id": TENANT},
        {"event": "token_revoked"},
        {"subject": bytes(16)},
        {"subject": None},
        {"detail_code": ""},
        {"count": None},
        {"count": 4711},
        {"previous_hash": b"x" * 32},
        {"hash": b"x" * 32},
    ],
)
def test_an_edited_event_is_named(at: int, change: dict[str, object]) -> None:
    rows = trail(10)
    head = head_of(rows)
    rows[at - 1] = replace(rows[at - 1], **change)  # type: ignore[arg-type]
    assert finding(rows, head) == found_at(Fault.EDITED, at)


@pytest.mark.parametrize("at", [1, 5, 10])
def test_an_edited_event_with_a_new_hash_is_named(at: int) -> None:
    rows = trail(10)
    head = head_of(rows)
    edited = replace(rows[at - 1], count=4711)
    rows[at - 1] = replace(edited, hash=hash_of(edited))
    assert finding(rows, head) == found_at(Fault.EDITED, at)


@pytest.mark.parametrize("at", [1, 5, 9])
def test_a_deleted_event_is_named(at: int) -> None:
    rows = trail(10)
    head = head_of(rows)
    del rows[at - 1]
    assert finding(rows, head) == found_at(Fault.DELETED, at)


@pytest.mark.parametrize("at", [1, 5, 9])
def test_a_deleted_event_is_named_although_the_others_moved_up(at: int) -> None:
    rows = trail(10)
    head = head_of(rows)
    del rows[at - 1]
    rows[at - 1 :] = [replace(row, sequence=row.sequence - 1) for row in rows[at - 1 :]]
    assert finding(rows, head) == found_at(Fault.DELETED, at)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("at", [1, 5, 10])
def test_an_inserted_event_is_named(at: int, *, whole: bool) -> None:
    rows = trail(10)
    head = head_of(rows)
    inserted = replace(rows[at - 1], count=4711)
    if whole:
        inserted = replace(inserted, hash=hash_of(inserted))
    rows[at - 1 :] = [inserted] + [
        replace(row, sequence=row.sequence + 1) for row in rows[at - 1 :]
    ]
    assert finding(rows, head) == found_at(Fault.INSERTED, at)


def test_an_event_forged_at_the_end_is_named() -> None:
    rows = trail(11)
    head = head_of(rows[:10])
    assert finding(rows, head) == found_at(Fault.INSERTED, 11)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 5), (9, 10), (2, 9)])
def test_exchanged_events_are_named(one: int, other: int) -> None:
    rows = trail(10)
    head = head_of(rows)
    rows[one - 1], rows[other - 1] = (
        replace(rows[other - 1], sequence=one),
        replace(rows[one - 1], sequence=other),
    )
    assert finding(rows, head) == found_at(Fault.REORDERED, one)


def test_a_cut_trail_is_named_by_the_head_in_the_database() -> None:
    rows = trail(10)
    assert finding(rows[:7], head_of(rows)) == found_at(Fault.TRUNCATED, 8)


def test_a_cut_trail_with_a_cut_head_is_named_by_the_head_outside() -> None:
    rows = trail(10)
    assert finding(rows[:7], head_of(rows[:7])) is None
    assert finding(rows[:7], head_of(rows[:7]), head_of(rows)) == found_at(Fault.TRUNCATED, 8)
    assert finding([], head_of([]), head_of(rows)) == found_at(Fault.TRUNCATED, 1)


def test_a_trail_that_was_made_anew_is_named_by_the_head_outside() -> None:
    rows, made_anew = trail(10), trail(0)
    for row in rows:
        previous = made_anew[-1].hash if made_anew else NO_HASH
        changed = replace(row, event="key_used", previous_hash=previous)
        made_anew.append(replace(changed, hash=hash_of(changed)))
    assert finding(made_anew, head_of(made_anew)) is None
    assert finding(made_anew, head_of(made_anew), head_of(rows[:6])) == found_at(Fault.REPLACED, 6)


def test_the_hash_is_made_as_it_is_described() -> None:
    row = TrailRow(
        sequence=1,
        at="t",
        tenant_id=b"a",
        principal_id=None,
        event="e",
        subject=None,
        detail_code="",
        count=2,
        previous_hash=NO_HASH,
    )
    number, there, nothing = b"\1\0\0\0\x08" + bytes(7), b"\1\0\0\0", bytes(5)
    described = b"".join(
        (
            b"\1",
            number + b"\1",
            there + b"\1t",
            there + b"\1a",
            nothing,
            there + b"\1e",
            nothing,
            there + b"\0",
            number + b"\2",
            there + b"\x20" + NO_HASH,
        )
    )
    assert hash_of(row) == hashlib.sha256(described).digest()


texts = st.text(max_size=3)
ids = st.none() | st.binary(max_size=3)
rows_of_any_kind = st.builds(
    TrailRow,
    sequence=st.integers(1, 3),
    at=texts,
    tenant_id=ids,
    principal_id=ids,
    event=texts,
    subject=ids,
    detail_code=st.none() | texts,
    count=st.none() | st.integers(0, 3),
    previous_hash=st.binary(max_size=3),
)


@given(one=rows_of_any_kind, other=rows_of_any_kind)
def test_different_events_have_different_hashes(one: TrailRow, other: TrailRow) -> None:
    assert (hash_of(one) == hash_of(other)) == (one == other)


@given(st.data())
def test_no_single_change_of_rows_stays_unseen(data: st.DataObject) -> None:
    rows = trail(8)
    head, whole = head_of(rows), list(rows)
    order = data.draw(st.permutations(rows))
    kept = order[: data.draw(st.integers(0, 8))]
    moved = [replace(row, sequence=place) for place, row in enumerate(kept, 1)]
    assert (finding(moved, head) is None) == (moved == whole)
