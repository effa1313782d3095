"""
An entry as the wire has it, made of an entry. Pure.

`row_sealer` makes the same of sealed rows by the hundred thousand, without an entry in between.
"""

from __future__ import annotations

from server.exact_amounts.disclosure import get_magnitude_bucket
from server.exact_amounts.entries.entry import EntryRole, LedgerEntry
from server.exact_amounts.ledger.wire import EntryAnswer
from server.shared_types.categories import DEFAULT_CATEGORIES

__all__ = ["entry_answer"]


def entry_answer(entry: LedgerEntry) -> EntryAnswer:
    """Return an entry as the wire has it."""
    text, original = entry.text, entry.original
    category = DEFAULT_CATEGORIES[text.category_id].name if text.category_id else None
    return EntryAnswer(
        id=str(entry.entry_id),
        version=entry.version,
        account_id=str(entry.account_id),
        bank_id=text.bank_id,
        parent=str(entry.parent_id) if entry.parent_id else None,
        posted_on=entry.posted_on,
        amount=entry.amount.literal(),
        currency=entry.amount.currency,
        original_amount=original.literal() if original else None,
        original_currency=original.currency if original else None,
        description=text.description,
        merchant=text.merchant,
        category=category,
        category_source=text.category_source.value if text.category_source else None,
        notes=text.notes,
        tags=text.tags,
        reviewed=text.reviewed,
        bucket=get_magnitude_bucket(entry.amount.exact_value, entry.amount.currency).value,
        status="split" if entry.role is EntryRole.SPLIT else entry.status.value,
        transfer=text.transfer_id,
        review=(),
        removed=entry.removed,
        role=entry.role.value,
        statement_on=entry.statement_on,
        removal=entry.removal.value if entry.removal else None,
    )
