"""Which adjustments are no longer needed: without them their stretch adds up. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from server.exact_amounts.entries.edits import EditKind
from server.exact_amounts.entries.entry import (
    Anchor,
    EntryField,
    EntryRole,
    EntryStatus,
    LedgerEntry,
    Removal,
)
from server.exact_amounts.entries.money import EXACT
from server.exact_amounts.ledger.edited import EditPlan, FieldChange, PlannedEdit, Shape
from server.exact_amounts.ledger.proof import Stretch, stretches
from server.shared_types.ids import BatchId

__all__ = ["cleared_adjustments", "clearing_plan", "day_totals"]


def day_totals(entries: Iterable[LedgerEntry]) -> dict[str, Decimal]:
    """Return the exact sums by the day on which each entry counts; pending, removed ones and parts don't count."""
    totals: dict[str, Decimal] = {}
    for entry in entries:
        if entry.counts_in_proofs and entry.status is EntryStatus.POSTED:
            before = totals.get(entry.proof_day, Decimal(0))
            totals[entry.proof_day] = EXACT.add(before, entry.amount.exact_value)
    return totals


def cleared_adjustments(
    currency: str,
    totals: Mapping[str, Decimal],
    anchors: Sequence[Anchor],
    adjustments: Sequence[LedgerEntry],
    closed_months: Collection[str],
) -> list[LedgerEntry]:
    """
    Return the adjustments of one account whose stretch adds up without them.

    `totals` hold the adjustments. All of a stretch go together, or else the first that may go alone. Those of a closed
    month stay as they are.
    """
    cleared: list[LedgerEntry] = []
    adjustments = [each for each in adjustments if each.proof_day[:7] not in closed_months]
    for stretch in stretches(currency, totals, anchors):
        inside = [a for a in adjustments if stretch.after < a.proof_day <= stretch.through]
        if not inside:
            continue
        if _adds_up_without(stretch, inside):
            cleared += inside
            continue
        cleared += [each for each in inside if _adds_up_without(stretch, [each])][:1]
    return cleared


def clearing_plan(cleared: Sequence[LedgerEntry], batch_id: BatchId) -> EditPlan:
    """Return what takes adjustments out; the batch that made them needless stands for the edit."""
    edits = []
    for adjustment in cleared:
        before = Shape(role=EntryRole.ADJUSTMENT)
        after = Shape(role=EntryRole.ADJUSTMENT, removal=Removal.CLEARED)
        change = FieldChange(
            entry_id=adjustment.entry_id, field=EntryField.SHAPE, before=before, after=after
        )
        edits.append(
            PlannedEdit(
                edit_id=batch_id,
                entry_id=adjustment.entry_id,
                kind=EditKind.REMOVE,
                changes=(change,),
            )
        )
    return EditPlan(edits=tuple(edits))


def _adds_up_without(stretch: Stretch, adjustments: Sequence[LedgerEntry]) -> bool:
    left = stretch.difference
    for adjustment in adjustments:
        left = left - adjustment.amount
    return not left.rounded().sign
