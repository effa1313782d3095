"""
Entries as they become while a batch is booked or taken back, and what always holds of them at the end. Pure.

The parts of a live split add up to it and stand on its day; the legs of a transfer are live and name each other; a
merged entry has one that stands for it; nothing of an undone batch is live. Where a change breaks that, the rest
follows: parts go, a leg is free, a merged entry stands for itself again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from uuid import UUID

from server.exact_amounts.entries.entry import EntryField, EntryRole, LedgerEntry, Removal
from server.exact_amounts.ledger.edited import (
    FieldChange,
    FieldValue,
    Shape,
    TransferLink,
    edited_entry,
    field_value,
)
from server.shared_types.ids import BatchId, EntryId

__all__ = ["Becoming"]


class Becoming:
    """Entries that hang together, before and after."""

    def __init__(self, entries: Mapping[EntryId, LedgerEntry], version: int) -> None:
        self._version = version
        self._before = dict(entries)
        self._now = dict(entries)
        self._parts: dict[EntryId, list[EntryId]] = {}
        for entry in entries.values():
            if entry.parent_id is not None:
                self._parts.setdefault(entry.parent_id, []).append(entry.entry_id)

    def entry(self, entry_id: EntryId) -> LedgerEntry:
        """Return an entry as it is by now."""
        return self._now[entry_id]

    def put(self, entry: LedgerEntry) -> None:
        """Let an entry be another."""
        self._now[entry.entry_id] = entry

    def change(self, entry: LedgerEntry, of: EntryField, after: FieldValue) -> None:
        """Let a field of an entry say something else."""
        before = field_value(entry, of)
        if before != after:
            change = FieldChange(entry_id=entry.entry_id, field=of, before=before, after=after)
            self.put(edited_entry(entry, [change], self._version))

    def bury(self, entry: LedgerEntry, removal: Removal = Removal.UNDONE) -> None:
        """Let an entry go."""
        self.change(entry, EntryField.SHAPE, Shape(role=entry.role, removal=removal))

    def changed(self) -> list[LedgerEntry]:
        """Return the entries that are not what they were, as they are now."""
        return [each for key, each in self._now.items() if each is not self._before[key]]

    def changes(self, entry: LedgerEntry, fields: Iterable[EntryField]) -> list[FieldChange]:
        """Return what some fields of an entry said before, where they say something else now."""
        was = self._before[entry.entry_id]
        return [
            FieldChange(
                entry_id=entry.entry_id,
                field=of,
                before=field_value(was, of),
                after=field_value(entry, of),
            )
            for of in fields
            if field_value(was, of) != field_value(entry, of)
        ]

    def days(self) -> set[str]:
        """Return the days on which a proof, or what stands in it, is touched."""
        days: set[str] = set()
        for now in self.changed():
            was = self._before[now.entry_id]
            if _standing(was) != _standing(now) or was.amount != now.amount:
                days |= {self._day_of(was, self._before), self._day_of(now, self._now)}
        return days

    def _day_of(self, entry: LedgerEntry, among: Mapping[EntryId, LedgerEntry]) -> str:
        """The day on which an entry counts; a part counts where its parent does."""
        above = among.get(entry.parent_id) if entry.parent_id is not None else None
        return (above or entry).proof_day

    def mend(self, undone: Collection[BatchId]) -> None:
        """Let everything follow what was changed; `undone` are the batches that are not in force any more."""
        while self._free_the_merged() | self._bury_the_undone(undone):
            pass
        self._settle_splits()
        self._free_the_legs()

    def _free_the_merged(self) -> bool:
        """Let merged entries stand for themselves where nobody stands for them; those that were changed first."""
        merged = [each for each in self._now.values() if each.removal is Removal.MERGED]
        merged.sort(key=lambda each: each is self._before[each.entry_id])
        is_any = False
        for entry in merged:
            if not self._is_stood_for(entry):
                self.change(entry, EntryField.SHAPE, Shape(role=entry.role))
                is_any = True
        return is_any

    def _bury_the_undone(self, undone: Collection[BatchId]) -> bool:
        """Let go what came back to life with a batch that is not in force."""
        back = [e for e in self.changed() if not e.removed and e.batch_id in undone]
        for entry in back:
            self.bury(entry)
        return bool(back)

    def _is_stood_for(self, entry: LedgerEntry) -> bool:
        by_name = entry.text.merged_into
        seen = {str(entry.entry_id)}
        while by_name is not None and by_name not in seen:
            seen.add(by_name)
            other = self._named(by_name)
            # Who is not here is not touched.
            if other is None or not other.removed or other.removal is Removal.USER:
                return True
            by_name = other.text.merged_into
        return False

    def _named(self, name: str) -> LedgerEntry | None:
        return self._now.get(EntryId(UUID(name)))

    def _settle_splits(self) -> None:
        """Let parts go with their split, and stand on its day; a split whose parts are not all there is none."""
        changed = self.changed()
        parents = {each.entry_id for each in changed if each.role is EntryRole.SPLIT}
        parents |= {each.entry_id for each in changed if each.entry_id in self._parts}
        parents |= {each.parent_id for each in changed if each.parent_id is not None}
        for parent_id in sorted(parents & self._now.keys(), key=lambda each: each.bytes):
            parent = self._now[parent_id]
            every = [self._now[part] for part in self._parts.get(parent_id, ())]
            live = [part for part in every if not part.removed]
            if parent.removed:
                removal = parent.removal if parent.removal is not Removal.MERGED else None
                for part in live:
                    self.bury(part, removal or Removal.UNSPLIT)
            elif parent.role is EntryRole.SPLIT and _add_up(live, parent):
                for part in live:
                    self._follow(part, parent)
            else:
                for part in live:
                    self.bury(part, Removal.UNSPLIT)
                self.change(parent, EntryField.SHAPE, Shape(role=EntryRole.WHOLE))

    def _follow(self, part: LedgerEntry, parent: LedgerEntry) -> None:
        followed = replace(
            part,
            version=self._version,
            posted_on=parent.posted_on,
            statement_on=parent.statement_on,
            status=parent.status,
        )
        if replace(followed, version=part.version) != part:
            self.put(followed)

    def _free_the_legs(self) -> None:
        """Let no entry name a leg that is gone, or that does not name it."""
        is_settled = False
        while not is_settled:
            is_settled = True
            for entry in list(self._now.values()):
                text = entry.text
                if text.transfer_id is None:
                    continue
                left = tuple(leg for leg in text.transfer_legs if self._is_leg(leg, entry))
                if left and left == text.transfer_legs and not entry.removed:
                    continue
                is_settled = False
                stays = left and not entry.removed
                link = TransferLink(transfer_id=text.transfer_id, legs=left)
                self.change(entry, EntryField.TRANSFER, link if stays else TransferLink())

    def _is_leg(self, name: str, of: LedgerEntry) -> bool:
        other = self._named(name)
        if other is None or other.removed:
            return False
        text = other.text
        return text.transfer_id == of.text.transfer_id and str(of.entry_id) in text.transfer_legs


def _standing(entry: LedgerEntry) -> tuple[object, ...]:
    """What of an entry a closed month holds on to."""
    return entry.removed, entry.role, entry.status, entry.proof_day


def _add_up(parts: Sequence[LedgerEntry], parent: LedgerEntry) -> bool:
    return bool(parts) and reduce(add, (part.amount for part in parts)) == parent.amount
