"""Entries that a person types: checked field by field, then planned as one batch. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from server.exact_amounts.entries.currencies import is_known_currency
from server.exact_amounts.entries.entry import Account, CategorySource, EntryStatus, EntryText
from server.exact_amounts.entries.money import ExactAmount, amount_from_literal
from server.exact_amounts.entries.problems import (
    AccountNameNotAcceptable,
    AmountNotReadable,
    DateNotReadable,
    TextNotAcceptable,
    UnknownAccount,
    UnknownCategory,
)
from server.exact_amounts.ledger.identities import Identities
from server.exact_amounts.ledger.plans import BatchKind, BatchPlan, PlannedEntry
from server.shared_types.categories import category_of_name
from server.shared_types.ids import AccountId

__all__ = ["TypedEntry", "acceptable_account_name", "is_day", "is_plain_text", "plan_typed_entries"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_TEXT_CHARACTERS_MAX = 2_000
_NAME_CHARACTERS_MAX = 100
#: No workbook can hold them.
_NO_CHARACTERS = frozenset("\ufffe\uffff")
_CONTROL_OR_SURROGATE = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedEntry:
    """An entry as a person wrote it: nothing of it is checked yet."""

    account_id: AccountId
    posted_on: str
    amount: str = field(repr=False)
    original_amount: str | None = field(default=None, repr=False)
    original_currency: str | None = None
    description: str = field(repr=False)
    merchant: str = field(default="", repr=False)
    #: A category's name, in any case.
    category: str | None = None
    notes: str = field(default="", repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    reviewed: bool = False


def is_plain_text(text: str, *, characters_max: int = _TEXT_CHARACTERS_MAX) -> bool:
    """Whether a text is short enough and has nothing in it that no cell can show."""
    return len(text) <= characters_max and not any(
        unicodedata.category(character) in _CONTROL_OR_SURROGATE or character in _NO_CHARACTERS
        for character in text
    )


def acceptable_account_name(name: str) -> str:
    """Return the name without surplus spaces, or raise AccountNameNotAcceptable."""
    trimmed = name.strip(" ")
    if not trimmed or not is_plain_text(trimmed, characters_max=_NAME_CHARACTERS_MAX):
        raise AccountNameNotAcceptable
    return trimmed


def _amount(literal: str, currency: str, position: int, name: str) -> ExactAmount:
    try:
        return amount_from_literal(literal, currency)
    except ValueError:
        # The cause would carry the literal into a traceback.
        raise AmountNotReadable(position, name) from None


def is_day(text: str) -> bool:
    """Whether a text is a date of the calendar, in ISO 8601, from 1900 to 2200."""
    if _DATE.fullmatch(text) is None:
        return False
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return _FIRST_DAY <= day <= _LAST_DAY


def _check_texts(entry: TypedEntry, position: int) -> None:
    texts = [
        ("description", entry.description),
        ("merchant", entry.merchant),
        # A note may have several lines; nothing else has.
        ("notes", entry.notes.replace("\n", " ")),
        *(("tags", tag) for tag in entry.tags),
    ]
    for name, text in texts:
        if not is_plain_text(text):
            raise TextNotAcceptable(position, name)


def _original(entry: TypedEntry, position: int) -> ExactAmount | None:
    if entry.original_amount is None and entry.original_currency is None:
        return None
    if entry.original_currency is None or not is_known_currency(entry.original_currency):
        raise AmountNotReadable(position, "original_currency")
    literal = entry.original_amount or ""
    return _amount(literal, entry.original_currency, position, "original_amount")


def _category_id(name: str | None, position: int) -> str | None:
    if name is None:
        return None
    category = category_of_name(name)
    if category is None:
        raise UnknownCategory(position, "category")
    return category.category_id


def _plan_entry(
    entry: TypedEntry, position: int, account: Account, identities: Identities
) -> PlannedEntry:
    if not is_day(entry.posted_on):
        raise DateNotReadable(position, "posted_on")
    _check_texts(entry, position)
    amount = _amount(entry.amount, account.currency, position, "amount")
    category_id = _category_id(entry.category, position)
    text = EntryText(
        description=entry.description,
        merchant=entry.merchant,
        category_id=category_id,
        category_source=CategorySource.USER if category_id else None,
        notes=entry.notes,
        tags=entry.tags,
        reviewed=entry.reviewed,
    )
    return PlannedEntry(
        account_id=account.account_id,
        posted_on=entry.posted_on,
        amount=amount,
        original=_original(entry, position),
        text=text,
        status=EntryStatus.POSTED,
        identity=identities.entry(account.account_id, entry.posted_on, amount.exact_value, text),
        bank_identity=None,
    )


def plan_typed_entries(
    entries: Sequence[TypedEntry],
    accounts: Mapping[AccountId, Account],
    identities: Identities,
) -> BatchPlan:
    """
    Return the batch that the entries make, in their order.

    Raises UnknownAccount, or a kind of EntryRefused that names the place and the field, never what stands there.
    """
    planned = []
    for position, entry in enumerate(entries):
        account = accounts.get(entry.account_id)
        if account is None:
            raise UnknownAccount
        planned.append(_plan_entry(entry, position, account, identities))
    return BatchPlan(kind=BatchKind.TYPED, entries=tuple(planned))
