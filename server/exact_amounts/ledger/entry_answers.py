"""
An entry as the wire has it, made of an entry. Pure.

`row_sealer` makes the same of sealed rows by the hundred thousand, without an entry in between.
"""

from __future__ import annotations

from server.exact_amounts.disclosure import get_magnitude_bucket
from server.exact_amounts.entries.entry import LedgerEntry
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
        parent=None,
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
        status=entry.status.value,
        transfer=None,
        review=(),
        removed=entry.removed,
    )
