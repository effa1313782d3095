"""
What an undo of a batch does to the ledger, decided before anything is written. Pure.

The ledger returns to the state without the batch: its entries go, unless another batch in force states them too; what
it changed of others goes back to what was before, unless somebody had a later word; what it booked is pending again;
who was tied to what goes is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from server.exact_amounts.entries.entry import EntryField, EntryRole, LedgerEntry, Removal
from server.exact_amounts.ledger.applying import StoredEntry
from server.exact_amounts.ledger.becoming import Becoming
from server.exact_amounts.ledger.edited import (
    EditRecord,
    FieldValue,
    Shape,
    TransferLink,
)
from server.exact_amounts.ledger.settling import pending_again
from server.shared_types.ids import BatchId, EntryId

__all__ = ["Sighting", "UndoPlan", "UndoState", "UndoneBatches", "ids_before", "plan_undo"]

#: A live entry, or one that a person took out.
_REMEMBERED = frozenset({None, Removal.USER, Removal.MERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A batch in force that stated an entry of another."""

    batch_id: BatchId
    #: The ledger's version that the batch made.
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneBatches:
    """The batches that were undone before."""

    ids: frozenset[BatchId] = frozenset()
    #: The version that the undo of each made, by the version that the batch had made.
    undone_at: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoState:
    """What an undo has to know."""

    batch_id: BatchId
    #: The version that the batch made.
    made_at: int
    #: The version that the undo will have.
    next_version: int
    #: Entries of the batch: the live ones, and those that a person removed or merged since.
    own: Sequence[LedgerEntry] = field(repr=False)
    #: Other batches in force that state entries of it, oldest first.
    seen_elsewhere: Mapping[EntryId, Sequence[Sighting]]
    #: What it did to entries that were there before, in order.
    edits: Sequence[EditRecord]
    #: Every edit of the entries that it edited, those of undone batches too.
    history: Sequence[EditRecord]
    #: Pending entries that it booked, as they were.
    settled: Sequence[StoredEntry] = field(repr=False)
    #: The entries above and everything beside them: parts, other legs, what they were merged into; and all merged ones.
    beside: Mapping[EntryId, LedgerEntry] = field(repr=False)
    undone: UndoneBatches


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """What an undo writes."""

    #: Entries of the batch as they will be: gone, or another batch's.
    own: tuple[LedgerEntry, ...] = field(repr=False)
    #: Others as they will be; they keep their day and their amount.
    others: tuple[LedgerEntry, ...] = field(repr=False)
    #: Parts, which may stand on another day.
    parts: tuple[LedgerEntry, ...] = field(repr=False)
    #: Booked entries as they were while they were pending.
    pending_again: tuple[StoredEntry, ...] = field(repr=False)
    #: How many entries go.
    removed: int
    #: How many fields keep a later word.
    kept: int
    #: The days on which a proof is touched.
    days: frozenset[str]


def ids_before(edits: Iterable[EditRecord]) -> set[EntryId]:
    """Return the ids that edited fields named before: other legs, and what entries were merged into."""
    named: set[str] = set()
    for edit in edits:
        for change in edit.changes:
            if isinstance(change.before, TransferLink):
                named.update(change.before.legs)
            elif isinstance(change.before, Shape) and change.before.merged_into is not None:
                named.add(change.before.merged_into)
    return {EntryId(UUID(each)) for each in named}


class _History:
    """Every edit of some entries: what a field would say if undone batches had never been."""

    def __init__(self, history: Iterable[EditRecord], undone: UndoneBatches) -> None:
        self._undone_at = undone.undone_at
        #: Versions that undone batches made, and those that their undoing made: nobody's word.
        self._nobodys = {*undone.undone_at, *undone.undone_at.values()}
        #: What each field said before each change of it, the latest change first.
        self._before: dict[tuple[EntryId, EntryField], list[tuple[int, FieldValue]]] = {}
        by_time = sorted(history, key=lambda each: (each.version, each.place), reverse=True)
        for record in by_time:
            for change in record.changes:
                said = self._before.setdefault((record.entry_id, change.field), [])
                said.append((record.version, change.before))

    def is_last_word(self, entry: LedgerEntry, of: EntryField, version: int) -> bool:
        """Whether nobody changed a field after a version, but who was undone since."""
        now = entry.text.version_of(of)
        if now not in self._nobodys:
            return now == version
        changes = self._before.get((entry.entry_id, of), ())
        return not any(at > version and at not in self._undone_at for at, _ in changes)

    def before(self, entry_id: EntryId, of: EntryField, version: int) -> FieldValue:
        """What a field said before a version's changes, less the words that were in force then and are no more."""
        value: FieldValue = None
        asked_at = version
        for at, before in self._before[entry_id, of]:
            if at > version:
                continue
            if at < version and self._undone_at.get(at, 0) <= asked_at:
                break
            value, asked_at = before, at
        return value


def plan_undo(state: UndoState) -> UndoPlan:
    """Return what taking a batch back writes."""
    becoming = Becoming(state.beside, state.next_version)
    kept = _take_back(becoming, state)
    booked = {stored.entry.entry_id for stored in state.settled}
    for entry in state.own:
        if entry.entry_id not in booked:
            _hand_over(becoming, entry, state.seen_elsewhere.get(entry.entry_id, ()), state)
    settled = {
        stored.entry.entry_id: stored
        for stored in state.settled
        if _unsettle(becoming, stored.entry, state)
    }
    becoming.mend(state.undone.ids | {state.batch_id})
    changed = becoming.changed()
    own_ids = {entry.entry_id for entry in state.own} - settled.keys()
    others = [e for e in changed if e.entry_id not in own_ids and e.entry_id not in settled]
    return UndoPlan(
        own=tuple(e for e in changed if e.entry_id in own_ids),
        others=tuple(e for e in others if e.role is not EntryRole.PART),
        parts=tuple(e for e in others if e.role is EntryRole.PART),
        pending_again=tuple(
            replace(settled[e.entry_id], entry=e) for e in changed if e.entry_id in settled
        ),
        removed=sum(_is_gone(becoming, entry) for entry in state.own),
        kept=kept,
        days=frozenset(becoming.days()),
    )


def _is_gone(becoming: Becoming, entry: LedgerEntry) -> bool:
    return not entry.removed and becoming.entry(entry.entry_id).removed


def _take_back(becoming: Becoming, state: UndoState) -> int:
    """Let edited fields say what they said before; return how many keep a later word."""
    history = _History(state.history, state.undone)
    edited: dict[EntryId, set[EntryField]] = {}
    for record in state.edits:
        edited.setdefault(record.entry_id, set()).update(each.field for each in record.changes)
    kept = 0
    for entry_id, fields in edited.items():
        entry = becoming.entry(entry_id)
        if entry.removal is Removal.UNDONE:
            # It never comes back.
            continue
        last = {of for of in fields if history.is_last_word(entry, of, state.made_at)}
        for of in sorted(last):
            after = history.before(entry_id, of, state.made_at)
            becoming.change(becoming.entry(entry_id), of, after)
        kept += len(fields) - len(last)
    return kept


def _hand_over(
    becoming: Becoming, entry: LedgerEntry, stated_by: Sequence[Sighting], state: UndoState
) -> None:
    """Let an entry be the oldest other batch's that states it; where there is none, it goes."""
    now = becoming.entry(entry.entry_id)
    if stated_by:
        heir = stated_by[0].batch_id
        becoming.put(replace(now, batch_id=heir, version=state.next_version))
    else:
        becoming.bury(now)


def _unsettle(becoming: Becoming, was: LedgerEntry, state: UndoState) -> bool:
    """
    Let a booked entry be pending again; return whether it is.

    Who stated it after it was booked stated it as booked: it is theirs. Who stated it before stated it as pending.
    """
    now = becoming.entry(was.entry_id)
    if now.batch_id != state.batch_id or now.removal not in _REMEMBERED:
        return False
    stated_by = state.seen_elsewhere.get(was.entry_id, ())
    later = [each for each in stated_by if each.version > state.made_at]
    if later:
        becoming.put(replace(now, batch_id=later[0].batch_id, version=state.next_version))
        return False
    pending_again(becoming, was, state.made_at, state.next_version)
    if was.batch_id in state.undone.ids:
        _hand_over(becoming, was, stated_by, state)
    return True
