"""
What the decision about edits stands on: the entries that they touch, as they become edit by edit. Pure.

An edit that changed something is seen by those behind it in the same request, as it will be seen by the next request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from server.exact_amounts.entries.entry import EntryField, EntryRole, LedgerEntry
from server.exact_amounts.ledger.edited import PlannedEdit, edited_entry, part_entry
from server.shared_types.ids import EntryId

__all__ = ["EditState", "Entries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditState:
    """The ledger as far as a request's edits touch it."""

    #: The version that the batch will have.
    next_version: int
    #: The entries that are named, removed ones included, their parts, parents and the other legs of their transfers.
    entries: Mapping[EntryId, LedgerEntry] = field(repr=False)
    #: Ids of edits that were applied before.
    known_edits: Collection[UUID] = frozenset()
    #: Months ("2026-03") that are closed.
    closed_months: Collection[str] = frozenset()


class Entries:
    """The entries while the edits of one request are decided, one after the other."""

    def __init__(self, state: EditState) -> None:
        self._first = state.entries
        self._entries = dict(state.entries)
        self._parts: dict[EntryId, list[EntryId]] = {}
        for entry in state.entries.values():
            self._note_part(entry)
        self._version = state.next_version
        self._closed = state.closed_months

    def get(self, entry_id: EntryId) -> LedgerEntry | None:
        """Return an entry, or None where there is none."""
        return self._entries.get(entry_id)

    def parts(self, parent: LedgerEntry) -> list[LedgerEntry]:
        """Return a split's parts, gone ones included, oldest first."""
        found = self._parts.get(parent.entry_id, ())
        return [self._entries[each] for each in sorted(found, key=lambda each: each.bytes)]

    def live_parts(self, parent: LedgerEntry) -> list[LedgerEntry]:
        """Return the parts that a split has now."""
        return [part for part in self.parts(parent) if not part.removed]

    def legs(self, entry: LedgerEntry) -> list[LedgerEntry]:
        """Return the other legs of an entry's transfer."""
        found = (self._entries.get(EntryId(UUID(leg))) for leg in entry.text.transfer_legs)
        return [leg for leg in found if leg is not None]

    def changed_before(self, entry: LedgerEntry, of: EntryField) -> int:
        """Return the version at which a field last changed before this request."""
        first = self._first.get(entry.entry_id)
        return first.text.version_of(of) if first is not None else 0

    def in_closed_month(self, entry: LedgerEntry) -> bool:
        """Whether an entry counts in a month that is closed; a part counts where its parent does."""
        if entry.role is EntryRole.PART and entry.parent_id is not None:
            entry = self._entries.get(entry.parent_id, entry)
        return self.is_closed(entry.proof_day)

    def is_closed(self, day: str) -> bool:
        """Whether a day lies in a closed month."""
        return day[:7] in self._closed

    def take(self, planned: PlannedEdit) -> None:
        """Let an edit have happened."""
        for change in planned.changes:
            entry = self._entries[change.entry_id]
            self._entries[change.entry_id] = edited_entry(entry, [change], self._version)
        for part in planned.parts:
            parent = self._entries[part.parent_id]
            self._entries[part.entry_id] = part_entry(parent, part, self._version)
            self._note_part(self._entries[part.entry_id])

    def _note_part(self, entry: LedgerEntry) -> None:
        if entry.parent_id is not None:
            self._parts.setdefault(entry.parent_id, []).append(entry.entry_id)
