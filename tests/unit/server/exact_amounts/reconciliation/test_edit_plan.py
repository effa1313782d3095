"""What comes of an edit: applied, nothing, a conflict, or refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.exact_amounts.entries.edits import EditKind, EditOutcome, EditRefusal
from server.exact_amounts.entries.entry import (
    CategorySource,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from tests.unit.server.exact_amounts.reconciliation.plain_ledger import (
    PlainLedger,
    account,
    amount,
    edit,
    entry,
    entry_id,
    part,
)

TWO_PARTS = (part("-1.00"), part("-2.50"))


def a_ledger(**more: Any) -> PlainLedger:
    """Two equal payments, a leg in each of two other accounts, a dollar account, an adjustment."""
    return PlainLedger.of(
        entry(1),
        entry(2),
        entry(3, "3.50", of=2),
        entry(4, "3.00", of=2),
        entry(5, "4.10", of=3, currency="USD"),
        entry(6, "-0.50", role=EntryRole.ADJUSTMENT),
        entry(7, status=EntryStatus.PENDING),
        entry(8, "-7.00"),
        entry(9, posted_on="2026-05-02"),
        **more,
    )


def outcome(
    ledger: PlainLedger, kind: EditKind, number: int, value: Any = None, **more: Any
) -> Any:
    """What comes of an edit: the refusal, or else the outcome."""
    (decided,) = ledger.do(edit(kind, number, value, **more))
    return decided.refusal or decided.outcome


@pytest.mark.parametrize(
    ("kind", "value", "name", "said"),
    [
        (EditKind.CATEGORY, "travel", "category_id", "travel"),
        (EditKind.TAGS, ("a", "b"), "tags", ("a", "b")),
        (EditKind.NOTES, "one\ntwo", "notes", "one\ntwo"),
        (EditKind.REVIEWED, True, "reviewed", True),
    ],
)
def test_a_word_is_said_once(kind: EditKind, value: Any, name: str, said: Any) -> None:
    ledger = a_ledger()
    before = ledger[1]

    assert outcome(ledger, kind, 1, value) is EditOutcome.APPLIED
    assert getattr(ledger[1].text, name) == said
    assert ledger[1].version == 2
    assert outcome(ledger, kind, 1, value) is EditOutcome.NOTHING
    assert ledger.undo(ledger.last()).kept == 0
    assert getattr(ledger[1].text, name) == getattr(before.text, name)


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (EditKind.CATEGORY, "no such", EditRefusal.UNKNOWN_CATEGORY),
        (EditKind.CATEGORY, True, EditRefusal.UNKNOWN_CATEGORY),
        (EditKind.TAGS, "a", EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.TAGS, ("a", " "), EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.TAGS, ("a\x07",), EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.NOTES, None, EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.NOTES, "\x00", EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.NOTES, "x" * 2001, EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.REVIEWED, "yes", EditRefusal.TEXT_NOT_ACCEPTABLE),
        (EditKind.STATEMENT, "2026-02-30", EditRefusal.DATE_NOT_READABLE),
        (EditKind.STATEMENT, "0001-01-01", EditRefusal.DATE_NOT_READABLE),
        (EditKind.STATEMENT, True, EditRefusal.DATE_NOT_READABLE),
        (EditKind.UNSPLIT, None, EditOutcome.NOTHING),
        (EditKind.RESTORE, None, EditOutcome.NOTHING),
        (EditKind.UNMERGE, None, EditOutcome.NOTHING),
        (EditKind.UNMATCH, None, EditOutcome.NOTHING),
    ],
)
def test_what_is_no_word_is_refused(
    kind: EditKind, value: Any, refusal: EditRefusal | EditOutcome
) -> None:
    ledger = a_ledger()
    before = dict(ledger.entries)

    assert outcome(ledger, kind, 1, value) is refusal
    assert ledger.entries == before


@pytest.mark.parametrize("kind", list(EditKind))
def test_an_unknown_entry_is_refused(kind: EditKind) -> None:
    assert outcome(a_ledger(), kind, 99) is EditRefusal.UNKNOWN_ENTRY


@pytest.mark.parametrize(
    "kind",
    [
        *(EditKind.CATEGORY, EditKind.NOTES, EditKind.TAGS, EditKind.REVIEWED, EditKind.STATEMENT),
        *(EditKind.SPLIT, EditKind.UNSPLIT, EditKind.MERGE, EditKind.MATCH),
    ],
)
def test_what_is_gone_is_not_edited(kind: EditKind) -> None:
    values: dict[EditKind, Any] = {
        EditKind.CATEGORY: "Travel",
        EditKind.NOTES: "n",
        EditKind.TAGS: ("t",),
        EditKind.REVIEWED: True,
    }
    ledger = a_ledger()
    ledger.do(edit(EditKind.REMOVE, 1))

    assert outcome(ledger, EditKind.REMOVE, 1) is EditOutcome.NOTHING
    assert (
        outcome(ledger, kind, 1, values.get(kind), others=[2], parts=TWO_PARTS)
        is EditRefusal.ENTRY_IS_GONE
    )


def test_a_users_word_goes_and_the_providers_comes_back() -> None:
    ledger = a_ledger()
    assert outcome(ledger, EditKind.CATEGORY, 1) is EditOutcome.NOTHING
    ledger.do(edit(EditKind.CATEGORY, 1, "Travel"))
    assert ledger[1].text.category_source is CategorySource.USER
    assert outcome(ledger, EditKind.CATEGORY, 1) is EditOutcome.APPLIED
    now: LedgerEntry = ledger[1]
    assert now.text.category_id is None
    assert now.text.category_source is None


def test_a_field_that_was_changed_since_is_a_conflict_and_another_is_not() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.NOTES, 1, "theirs"))
    (conflict,) = ledger.do(edit(EditKind.NOTES, 1, "mine", base=1))

    assert (conflict.outcome, conflict.current, conflict.changed_at) == (
        EditOutcome.CONFLICT,
        "theirs",
        2,
    )
    assert outcome(ledger, EditKind.NOTES, 1, "theirs", base=1) is EditOutcome.NOTHING
    assert outcome(ledger, EditKind.REVIEWED, 1, value=True, base=1) is EditOutcome.APPLIED
    assert outcome(ledger, EditKind.NOTES, 1, "mine", base=1, override=True) is EditOutcome.APPLIED
    assert outcome(ledger, EditKind.NOTES, 1, "more", base=4) is EditOutcome.APPLIED


@pytest.mark.parametrize(
    ("first", "value", "second", "current"),
    [
        (EditKind.STATEMENT, "2026-03-31", EditKind.STATEMENT, "2026-03-31"),
        (EditKind.TAGS, ("a",), EditKind.TAGS, ("a",)),
        (EditKind.REMOVE, None, EditKind.SPLIT, "user"),
        (EditKind.SPLIT, None, EditKind.REMOVE, "split"),
        (EditKind.CATEGORY, "Travel", EditKind.CATEGORY, "Travel"),
    ],
)
def test_a_conflict_says_what_the_ledger_says_now(
    first: EditKind, value: Any, second: EditKind, current: Any
) -> None:
    other: dict[EditKind, Any] = {
        EditKind.STATEMENT: "2026-04-30",
        EditKind.TAGS: ("b",),
        EditKind.CATEGORY: "Goods",
    }
    ledger = a_ledger()
    ledger.do(edit(first, 1, value, parts=TWO_PARTS))
    (decided,) = ledger.do(edit(second, 1, other.get(second), parts=TWO_PARTS, base=1))

    assert (decided.outcome, decided.current) == (EditOutcome.CONFLICT, current)


def test_edits_of_one_request_stand_on_each_other() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.MATCH, 1, others=[3]))
    base = ledger[1].version
    decided = ledger.do(
        # Both legs change with the first, and nobody is told of a conflict with itself.
        edit(EditKind.UNMATCH, 1, base=base),
        edit(EditKind.MATCH, 2, others=[3], base=base),
        edit(EditKind.NOTES, 2, "a", base=1),
        edit(EditKind.NOTES, 2, "b", base=1),
        edit(EditKind.SPLIT, 8, parts=[part("-3.00"), part("-4.00")], base=1),
        edit(EditKind.SPLIT, 8, parts=[part("-1.00"), part("-6.00")], base=1),
        edit(EditKind.REMOVE, 8, base=1),
        edit(EditKind.RESTORE, 8, base=1),
    )

    assert {each.outcome for each in decided} == {EditOutcome.APPLIED}
    assert ledger[1].text.transfer_id is None
    assert ledger[2].text.transfer_legs == (str(entry_id(3)),)
    assert ledger[2].text.notes == "b"
    assert [each.amount.literal() for each in ledger.parts_of(8)] == ["-1.00", "-6.00"]
    ledger.check()
    ledger.undo(ledger.last())
    assert ledger[3].text.transfer_legs == (str(entry_id(1)),)
    assert ledger[8].role is EntryRole.WHOLE


def test_what_somebody_changed_before_the_request_stays_a_conflict_within_it() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.NOTES, 1, "theirs"))
    decided = ledger.do(
        edit(EditKind.NOTES, 1, "mine", base=1, override=True), edit(EditKind.NOTES, 1, "b", base=1)
    )
    assert [each.outcome for each in decided] == [EditOutcome.APPLIED, EditOutcome.CONFLICT]


def test_a_leg_that_somebody_changed_since_is_a_conflict_too() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.MATCH, 1, others=[3]))
    matched = ledger[3].version
    asked = edit(EditKind.MATCH, 2, others=[3], base=1, other_bases=(1,))
    (decided,) = ledger.do(asked)
    assert (decided.outcome, decided.changed_at) == (EditOutcome.CONFLICT, matched)
    assert decided.current == ledger[3].text.transfer_id
    # Whoever has seen it, or says nothing of what was seen, takes the leg.
    for bases in ((matched,), ()):
        asked = edit(EditKind.MATCH, 2, others=[3], base=1, other_bases=bases, override=not bases)
        assert ledger.do(asked)[0].outcome is EditOutcome.APPLIED
        ledger.undo(ledger.last())


def test_an_id_is_used_once_in_a_request_too() -> None:
    ledger = a_ledger()
    asked = edit(EditKind.NOTES, 1, "a")
    first, second = ledger.do(asked, replace(asked, value="b"))
    assert (first.outcome, second.outcome) == (EditOutcome.APPLIED, EditOutcome.REPEATED)
    assert ledger.do(asked)[0].outcome is EditOutcome.REPEATED


# Splits


def test_parts_take_after_their_split() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.CATEGORY, 1, "Travel"), edit(EditKind.STATEMENT, 1, "2026-03-31"))
    parts = (part("-1"), part("-2.5", description="Tip", category="goods", tags=("t",), notes="n"))
    ledger.do(edit(EditKind.SPLIT, 1, parts=parts))
    one, other = ledger.parts_of(1)

    assert ledger[1].role is EntryRole.SPLIT
    assert (one.text.description, one.text.category_id) == ("Coffee", "travel")
    assert (other.text.description, other.text.category_id) == ("Tip", "general_merchandise")
    assert (other.text.tags, other.text.notes) == (("t",), "n")
    assert {each.statement_on for each in (one, other)} == {"2026-03-31"}
    assert {each.account_id for each in (one, other)} == {account(1)}
    # The same once more is nothing; a day moves all of it.
    assert outcome(ledger, EditKind.SPLIT, 1, parts=parts) is EditOutcome.NOTHING
    ledger.do(edit(EditKind.STATEMENT, 1, "2026-04-30"))
    assert {each.statement_on for each in ledger.parts_of(1)} == {"2026-04-30"}
    ledger.check()


@pytest.mark.parametrize(
    ("number", "parts", "refusal"),
    [
        (1, [part("-3.50")], EditRefusal.TOO_FEW_PARTS),
        (1, [], EditRefusal.TOO_FEW_PARTS),
        (1, [part("-1.00"), part("-2.49")], EditRefusal.PARTS_DO_NOT_ADD_UP),
        (5, [part("2.00"), part("2.10")], EditRefusal.PARTS_DO_NOT_ADD_UP),
        (1, [part("-1.00", category="?"), part("-2.50")], EditRefusal.UNKNOWN_CATEGORY),
        (1, [part("-1.00", notes="\x00"), part("-2.50")], EditRefusal.TEXT_NOT_ACCEPTABLE),
        (1, [part("-1.00", tags=("",)), part("-2.50")], EditRefusal.TEXT_NOT_ACCEPTABLE),
        (6, TWO_PARTS, EditRefusal.NOT_A_WHOLE_ENTRY),
    ],
)
def test_what_is_no_split_is_refused(number: int, parts: Any, refusal: EditRefusal) -> None:
    assert outcome(a_ledger(), EditKind.SPLIT, number, parts=parts) is refusal


def test_a_part_has_words_and_legs_but_no_shape_of_its_own() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.SPLIT, 1, parts=[part("-3.00"), part("-0.50")]))
    number = ledger.parts_of(1)[0].entry_id.int

    assert outcome(ledger, EditKind.NOTES, number, "n") is EditOutcome.APPLIED
    assert outcome(ledger, EditKind.MATCH, number, others=[4]) is EditOutcome.APPLIED
    for kind in (EditKind.SPLIT, EditKind.REMOVE, EditKind.MERGE, EditKind.STATEMENT):
        refused = outcome(ledger, kind, number, others=[2], parts=TWO_PARTS)
        assert refused is EditRefusal.NOT_A_WHOLE_ENTRY or kind is EditKind.SPLIT
    assert outcome(ledger, EditKind.UNSPLIT, number) is EditRefusal.NOT_A_SPLIT
    # With its split it goes, and its leg is free.
    assert outcome(ledger, EditKind.UNSPLIT, 1) is EditOutcome.APPLIED
    assert ledger[4].text.transfer_id is None
    gone = ledger.entries[entry_id(number)]
    assert gone.removal is Removal.UNSPLIT
    assert outcome(ledger, EditKind.RESTORE, number) is EditRefusal.ENTRY_IS_GONE
    assert outcome(ledger, EditKind.UNMERGE, number) is EditRefusal.NOT_MERGED
    ledger.check()


def test_a_split_is_removed_and_restored_whole() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.SPLIT, 1, parts=TWO_PARTS))
    ledger.do(edit(EditKind.SPLIT, 1, parts=[part("-3.00"), part("-0.50")]))
    ledger.do(edit(EditKind.REMOVE, 1))
    assert ledger.parts_of(1) == []
    ledger.do(edit(EditKind.RESTORE, 1))
    assert [each.amount.literal() for each in ledger.parts_of(1)] == ["-3.00", "-0.50"]
    ledger.check()


# Mergers


@pytest.mark.parametrize(
    ("number", "others", "refusal"),
    [
        (1, [], EditRefusal.UNKNOWN_ENTRY),
        (1, [1], EditRefusal.UNKNOWN_ENTRY),
        (1, [2, 99], EditRefusal.UNKNOWN_ENTRY),
        (1, [8], EditRefusal.NOT_THE_SAME),
        (1, [3], EditRefusal.NOT_THE_SAME),
        (1, [6], EditRefusal.NOT_A_WHOLE_ENTRY),
        (7, [1], EditRefusal.PENDING_CANNOT_STAY),
    ],
)
def test_what_is_not_the_same_payment_is_not_merged(
    number: int, others: list[int], refusal: EditRefusal
) -> None:
    assert outcome(a_ledger(), EditKind.MERGE, number, others=others) is refusal


def test_merged_entries_have_one_that_stands_for_them() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.MATCH, 2, others=[3]))
    merge = edit(EditKind.MERGE, 1, others=[2, 2, 7])
    assert ledger.do(merge)[0].outcome is EditOutcome.APPLIED
    assert [ledger[number].removal for number in (2, 7)] == [Removal.MERGED] * 2
    assert ledger[2].text.merged_into == str(entry_id(1))
    assert ledger[3].text.transfer_id is None
    assert outcome(ledger, EditKind.MERGE, 1, others=[2]) is EditOutcome.NOTHING
    assert outcome(ledger, EditKind.MERGE, 8, others=[2]) is EditRefusal.ENTRY_IS_GONE
    # Restoring and un-merging are the same to it.
    assert outcome(ledger, EditKind.UNMERGE, 2) is EditOutcome.APPLIED
    assert outcome(ledger, EditKind.RESTORE, 7) is EditOutcome.APPLIED
    freed = ledger.entries[entry_id(2)]
    assert freed.text.merged_into is None
    ledger.check()


# Transfers


@pytest.mark.parametrize(
    ("number", "others", "fee", "refusal"),
    [
        (1, [], False, EditRefusal.UNKNOWN_ENTRY),
        (1, [99], False, EditRefusal.UNKNOWN_ENTRY),
        (1, [2], False, EditRefusal.NOT_A_TRANSFER),
        (1, [4], False, EditRefusal.NOT_A_TRANSFER),
        (8, [3], False, EditRefusal.NOT_A_TRANSFER),
        # An entry counts once, however often it is named.
        (8, [3, 3], False, EditRefusal.NOT_A_TRANSFER),
        (3, [4], True, EditRefusal.NOT_A_TRANSFER),
        # What comes in is never more than what went out.
        (6, [3], True, EditRefusal.NOT_A_WHOLE_ENTRY),
        (3, [5], False, EditRefusal.NOT_A_TRANSFER),
    ],
)
def test_what_does_not_cancel_out_is_no_transfer(
    number: int, others: list[int], *, fee: bool, refusal: EditRefusal
) -> None:
    assert outcome(a_ledger(), EditKind.MATCH, number, others=others, fee=fee) is refusal


def test_between_currencies_the_direction_decides() -> None:
    ledger = a_ledger()
    assert outcome(ledger, EditKind.MATCH, 1, others=[5]) is EditOutcome.APPLIED
    ledger.check()


def test_a_leg_leaves_the_transfer_that_it_was_in() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.MATCH, 1, others=[3]))
    assert outcome(ledger, EditKind.MATCH, 3, others=[1]) is EditOutcome.NOTHING
    ledger.do(edit(EditKind.MATCH, 2, others=[3]))
    assert ledger[1].text.transfer_id is None
    assert ledger[3].text.transfer_legs == (str(entry_id(2)),)
    assert outcome(ledger, EditKind.UNMATCH, 3) is EditOutcome.APPLIED
    assert ledger[2].text.transfer_id is None
    ledger.check()


@pytest.mark.parametrize(("number", "other"), [(1, 4), (4, 1)])
def test_a_fee_is_a_part_of_what_went_out(number: int, other: int) -> None:
    ledger = a_ledger()
    assert outcome(ledger, EditKind.MATCH, number, others=[other], fee=True) is EditOutcome.APPLIED
    moved, fee = ledger.parts_of(1)
    assert (moved.amount, fee.amount) == (amount("-3.00"), amount("-0.50"))
    assert (fee.text.category_id, fee.text.category_source) == ("bank_fees", CategorySource.USER)
    assert ledger[4].text.transfer_legs == (str(moved.entry_id),)
    ledger.check()


# Closed months


@pytest.mark.parametrize(
    ("kind", "number", "more"),
    [
        (EditKind.SPLIT, 1, {"parts": TWO_PARTS}),
        (EditKind.REMOVE, 1, {}),
        (EditKind.MERGE, 1, {"others": [2]}),
        (EditKind.STATEMENT, 1, {"value": "2026-05-31"}),
        (EditKind.STATEMENT, 9, {"value": "2026-03-31"}),
        (EditKind.MATCH, 1, {"others": [4], "fee": True}),
    ],
)
def test_a_closed_month_holds_still(kind: EditKind, number: int, more: dict[str, Any]) -> None:
    ledger = a_ledger(closed=["2026-03"])
    assert outcome(ledger, kind, number, **more) is EditRefusal.MONTH_IS_CLOSED
    assert outcome(ledger, EditKind.NOTES, 1, "n") is EditOutcome.APPLIED
    assert outcome(ledger, EditKind.MATCH, 2, others=[3]) is EditOutcome.APPLIED


@pytest.mark.parametrize(
    ("done", "back"),
    [
        (edit(EditKind.SPLIT, 1, parts=TWO_PARTS), EditKind.UNSPLIT),
        (edit(EditKind.REMOVE, 1), EditKind.RESTORE),
        (edit(EditKind.MERGE, 2, others=[1]), EditKind.UNMERGE),
    ],
)
def test_nothing_comes_back_into_a_closed_month(done: Any, back: EditKind) -> None:
    ledger = a_ledger()
    ledger.do(done)
    ledger.closed = ["2026-03"]
    assert outcome(ledger, back, 1) is EditRefusal.MONTH_IS_CLOSED


@pytest.mark.parametrize(
    ("done", "days"),
    [
        (edit(EditKind.SPLIT, 1, parts=TWO_PARTS), {"2026-03-04"}),
        (edit(EditKind.REMOVE, 1), {"2026-03-04"}),
        (edit(EditKind.MERGE, 1, others=[2]), {"2026-03-04"}),
        (edit(EditKind.STATEMENT, 1, "2026-05-31"), {"2026-03-04", "2026-05-31"}),
        (edit(EditKind.NOTES, 1, "n"), set()),
        (edit(EditKind.MATCH, 1, others=[3]), set()),
    ],
)
def test_an_undo_names_the_days_that_it_touches(done: Any, days: set[str]) -> None:
    ledger = a_ledger()
    ledger.do(done)
    assert ledger.undo(ledger.last()).days == days


def test_the_undo_of_a_new_split_touches_the_day_of_its_entry() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.SPLIT, 1, parts=TWO_PARTS))
    ledger.do(edit(EditKind.SPLIT, 1, parts=[part("-3.00"), part("-0.50")]))
    ledger.do(edit(EditKind.STATEMENT, 1, "2026-05-31"))
    second = [each for each in ledger.batches if each not in ledger.undone][2]
    assert ledger.undo(second).days == {"2026-05-31"}
    assert [each.amount.literal() for each in ledger.parts_of(1)] == ["-1.00", "-2.50"]


def test_an_undone_import_lets_go_of_everything_that_hung_on_it() -> None:
    ledger = a_ledger()
    ledger.do(edit(EditKind.SPLIT, 1, parts=[part("-3.00"), part("-0.50")]))
    ledger.do(edit(EditKind.MATCH, ledger.parts_of(1)[0].entry_id.int, others=[4]))
    first = next(iter(ledger.batches))
    plan = ledger.undo(first)
    assert plan.removed == 9
    assert ledger.live() == []
    ledger.check()
