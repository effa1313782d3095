"""
What makes two rows the same: keyed digests (HMAC) that the database may compare without learning anything.

Every digest begins with its own word, so that one made for a purpose never equals one made for another.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Protocol

from server.exact_amounts.entries.entry import AccountType, EntryText
from server.exact_amounts.entries.money import EXACT
from server.shared_types.ids import AccountId, EntryId

__all__ = ["Identities", "Mac", "name_key", "number_tail", "same_text_key"]

_TAIL_CHARACTERS = 4


class Mac(Protocol):
    """A keyed digest of several parts, each delimited from the next."""

    def mac(self, *parts: bytes | str) -> bytes:
        """Return 32 bytes that tell nothing about the parts, and are equal when all parts are."""


def same_text_key(text: EntryText) -> str:
    """What is written about an entry by the bank, without case, spacing or Unicode variants."""
    written = f"{text.description} {text.merchant} {text.reference}"
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split())


def name_key(name: str) -> str:
    """A name as it is compared with others: without case, spacing or Unicode variants."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def number_tail(number: str) -> str:
    """Return the last characters of an account's number: four, and never more than half of it."""
    digits = "".join(character for character in number.rsplit("/", 1)[-1] if character.isalnum())
    shown = min(_TAIL_CHARACTERS, len(digits) // 2)
    return digits[-shown:] if shown else ""


def _amount_key(amount: Decimal) -> str:
    """One spelling per amount: 12.5 and 12.50 are the same."""
    return f"{amount.normalize(EXACT):f}" if amount else "0"


class Identities:
    """The digests of one ledger."""

    def __init__(self, mac: Mac) -> None:
        self._mac = mac.mac

    def entry(
        self, account_id: AccountId, posted_on: str, amount: Decimal, text: EntryText
    ) -> bytes:
        """The identity of an entry: by the bank's id where there is one, else by what is written."""
        amount_key = _amount_key(amount)
        if text.bank_id:
            return self._mac("entry", account_id.bytes, text.bank_id, posted_on, amount_key)
        written = same_text_key(text)
        return self._mac("entry without id", account_id.bytes, posted_on, amount_key, written)

    def own_line(self, entry_id: EntryId) -> bytes:
        """The identity of a line that no bank states: a part of a split."""
        return self._mac("own line", entry_id.bytes)

    def bank_id(self, account_id: AccountId, bank_id: str) -> bytes | None:
        """The identity of a bank's id within an account, or None where the bank gives none."""
        return self._mac("bank id", account_id.bytes, bank_id) if bank_id else None

    def account_number(self, number: str, currency: str, account_type: AccountType | None) -> bytes:
        """
        The identity of an account's number in a currency, with or without its type.

        Some banks give a customer's checking and savings accounts one and the same number.
        """
        return self._mac("account number", number, currency, account_type or "")

    def unnumbered_account(self, file_stem: str, currency: str) -> bytes:
        """The identity of an account that files name by nothing but their own name."""
        return self._mac("unnumbered account", name_key(file_stem), currency)

    def account_name(self, name: str) -> bytes:
        """The identity of an account's name: names differ in more than case or spacing."""
        return self._mac("account name", name_key(name))

    def source(self, sha256: bytes) -> bytes:
        """The identity of a file's content."""
        return self._mac("source", sha256)

    def idempotency_key(self, key: str) -> bytes:
        """The identity of a caller's idempotency key."""
        return self._mac("idempotency key", key)

    def request(self, *parts: bytes | str) -> bytes:
        """The identity of everything that a request asks for."""
        return self._mac("request", *parts)
