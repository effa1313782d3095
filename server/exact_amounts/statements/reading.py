"""
The one door to the statement readers: bytes in, a `StatementFile` out, or a refusal with its reason.

The format is decided by content, never by a file's name. The client imports this module without the server's
dependencies: the readers may import the standard library, the words of entries and shared_types, nothing else.
"""

from __future__ import annotations

import re

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import (
    StatementAccount,
    StatementFile,
    StatementTransaction,
)
from server.exact_amounts.statements.encodings import decode_statement
from server.exact_amounts.statements.ofx import looks_like_ofx, read_ofx

__all__ = ["MAX_STATEMENT_BYTES", "StatementRefused", "read_statement", "statement_to_json"]

#: The largest file that is read; ten years of a busy account are a tenth of it.
MAX_STATEMENT_BYTES = 20 * 1024 * 1024

_BINARY_SIGNATURES = (
    (b"%PDF", "a PDF: only the bank's OFX or QFX download can be read"),
    (b"PK\x03\x04", "a zip archive or an Office workbook, not a statement"),
    (b"PK\x05\x06", "a zip archive or an Office workbook, not a statement"),
    (b"\xd0\xcf\x11\xe0", "an old Office document, not a statement"),
    (b"\x1f\x8b", "a compressed file: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file: unpack it first"),
    (b"Rar!", "a compressed file: unpack it first"),
    (b"\x89PNG", "a picture, not a statement"),
    (b"\xff\xd8\xff", "a picture, not a statement"),
    (b"GIF8", "a picture, not a statement"),
    (b"{\\rtf", "a text document, not a statement"),
)

_OTHER_FORMATS = (
    (re.compile(r"<OFC>", re.IGNORECASE), "an OFC file, the predecessor of OFX: it can't be read"),
    (re.compile(r"<!DOCTYPE\s+html|<html\b", re.IGNORECASE), "a web page, not a statement"),
    (re.compile(r"\A!(?:Type|Account|Option):", re.IGNORECASE), "a QIF file: it can't be read"),
    (re.compile(r"\A\{1:|^:20:", re.MULTILINE), "an MT940 file: it can't be read"),
    (re.compile(r"iso:20022|camt\.05[234]", re.IGNORECASE), "a CAMT file: it can't be read"),
    (re.compile(r"\A<\?xml|\A<[A-Za-z]"), "an XML file, but not a statement of a known format"),
    (re.compile(r"\A[\[{]"), "a JSON file, not a statement"),
)
_HEAD_CHARACTERS = 1 << 16


def read_statement(content: bytes) -> StatementFile:
    """
    Return everything that a statement file says.

    Raises StatementRefused, with the line and the reason, for a file that is empty, larger than
    MAX_STATEMENT_BYTES, of no known format, damaged, or without a certain reading.
    """
    if len(content) > MAX_STATEMENT_BYTES:
        raise StatementRefused(0, "the file is larger than 20 MiB")
    if not content.strip(b"\x00\x1a \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise StatementRefused(0, "the file is empty")
    for signature, what in _BINARY_SIGNATURES:
        if content.startswith(signature):
            raise StatementRefused(0, what)
    text = decode_statement(content)
    if looks_like_ofx(text):
        return read_ofx(text)
    raise StatementRefused(0, _what_it_is(text))


def _what_it_is(text: str) -> str:
    head = text[:_HEAD_CHARACTERS].lstrip("\x00 \t\r\n")
    for mark, what in _OTHER_FORMATS:
        if mark.search(head):
            return what
    return "not a statement file of a known format"


def statement_to_json(file: StatementFile) -> dict[str, object]:
    """
    Return a file in the shape of `pennyvault statement FILE --json`.

    One object per account and currency; amounts are strings in the ledger's sign. What the file does not name
    is null: the account's number, its currency, a transaction's id, a balance.
    """
    return {
        "format": file.format,
        "accounts": [_account_to_json(account) for account in file.accounts],
        "problems": [{"line": problem.line, "what": problem.what} for problem in file.problems],
    }


def _account_to_json(account: StatementAccount) -> dict[str, object]:
    opening = account.statements[0].opening if account.statements else None
    closing = account.statements[-1].closing if account.statements else None
    return {
        "account": account.number or None,
        "currency": None if account.currency == UNKNOWN_CURRENCY else account.currency,
        "opening": None if opening is None else opening.balance.literal(),
        "closing": None if closing is None else closing.balance.literal(),
        "transactions": [
            _transaction_to_json(transaction)
            for statement in account.statements
            for transaction in statement.transactions
        ],
    }


def _transaction_to_json(transaction: StatementTransaction) -> dict[str, object]:
    return {
        "date": transaction.posted_on,
        "amount": transaction.amount.literal(),
        "description": transaction.description,
        "id": transaction.bank_id or None,
        "pending": transaction.pending,
    }
