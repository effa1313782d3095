"""What a write will do, decided before anything is written. Pure: `batch_store` and its neighbours carry it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique

from server.exact_amounts.entries.entry import (
    AccountType,
    AnchorSource,
    EntryRole,
    EntryStatus,
    EntryText,
)
from server.exact_amounts.entries.money import ExactAmount
from server.shared_types.ids import AccountId, EntryId

__all__ = [
    "BatchKind",
    "BatchPlan",
    "BatchPurpose",
    "BatchSource",
    "KnownIdentity",
    "PlannedAccount",
    "PlannedAnchor",
    "PlannedEntry",
    "Settlement",
]


@unique
class BatchKind(StrEnum):
    """How entries came into the ledger."""

    IMPORT = "import"
    TYPED = "typed"


@unique
class BatchPurpose(StrEnum):
    """What a typed batch is, where it is more than typed entries."""

    EDIT = "edit"
    BALANCE = "balance"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAccount:
    """An account that the write will open."""

    account_id: AccountId
    name: str = field(repr=False)
    account_type: AccountType
    #: ISO 4217 code.
    currency: str
    #: The number as the file has it, or "".
    number: str = field(default="", repr=False)
    #: Digests by which later files will find the account.
    number_macs: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEntry:
    """An entry that the write will add, or what a pending entry will become."""

    account_id: AccountId
    #: ISO 8601 calendar date.
    posted_on: str
    amount: ExactAmount
    original: ExactAmount | None = None
    text: EntryText = field(repr=False)
    status: EntryStatus
    #: Digest of what makes the entry the same as another.
    identity: bytes
    #: Digest of the bank's id within the account, or None.
    bank_identity: bytes | None
    role: EntryRole = EntryRole.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentity:
    """An entry of the ledger, known by its identity alone."""

    entry_id: EntryId
    status: EntryStatus
    #: Whether a person removed or merged it: it is known still, and not brought back.
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A pending entry that the bank has booked."""

    entry_id: EntryId
    becomes: PlannedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnchor:
    """A stated balance that the write will add."""

    account_id: AccountId
    #: ISO 8601 calendar date.
    stated_on: str
    balance: ExactAmount
    source: AnchorSource


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSource:
    """The file that a batch was read from."""

    file_name: str = field(repr=False)
    sha256: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """Everything that one write adds."""

    kind: BatchKind
    purpose: BatchPurpose | None = None
    source: BatchSource | None = None
    accounts: tuple[PlannedAccount, ...] = ()
    entries: tuple[PlannedEntry, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    anchors: tuple[PlannedAnchor, ...] = ()
    #: Entries that were in the ledger already, and that the source states as well.
    sightings: tuple[EntryId, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the write would change nothing."""
        return not (
            self.accounts or self.entries or self.settlements or self.anchors or self.sightings
        )
