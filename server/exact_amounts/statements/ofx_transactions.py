"""
One STMTTRN or STMTTRNP of an OFX file: from its markup to a transaction. It knows nothing of the file around it.

Source: OFX 2.2 section 11.4.4 (STMTTRN), 11.4.5 (STMTTRNP) and 5.2 (CURRENCY: the amount is in that currency;
ORIGCURRENCY: the amount was converted already). The sign is that of TRNAMT, whatever TRNTYPE says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY
from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import StatementTransaction
from server.exact_amounts.statements.ofx_markup import ANY_TAG
from server.exact_amounts.statements.ofx_values import (
    AMBIGUOUS,
    UNREADABLE,
    DecimalMark,
    amount_digits,
    calendar_date,
    currency_code,
    plain_text,
)

__all__ = ["TransactionReader", "fields_of"]

#: Elements that stand directly in a transaction.
_ELEMENTS = frozenset(
    "TRNTYPE DTPOSTED DTUSER DTAVAIL DTTRAN DTEXPIRE TRNAMT FITID CORRECTFITID CORRECTACTION SRVRTID CHECKNUM "
    "REFNUM SIC PAYEEID NAME MEMO INV401KSOURCE".split()
)
#: Aggregates that stand in a transaction; their elements are known as "AGGREGATE/ELEMENT".
_AGGREGATES = frozenset(
    "PAYEE EXTDPAYEE CURRENCY ORIGCURRENCY BANKACCTFROM BANKACCTTO CCACCTFROM CCACCTTO INVACCTFROM "
    "INVACCTTO IMAGEDATA".split()
)
#: Elements that a transaction may not have twice.
_SINGLE = frozenset({"TRNAMT", "DTPOSTED", "DTTRAN", "FITID", "CURRENCY", "CURRENCY/CURSYM"})

#: The words of the specification; another word could be anything, an amount included, so it becomes OTHER.
_KINDS = frozenset(
    "CREDIT DEBIT INT DIV FEE SRVCHG DEP ATM POS XFER CHECK PAYMENT CASH DIRECTDEP DIRECTDEBIT "
    "REPEATPMT HOLD OTHER".split()
)

# An element and its closing tag, if any, with nothing but white space before the next tag.
_FIELD = re.compile(r"<([A-Z0-9]++)>([^<]*+)(?:</\1>\s*+)?(?=<[A-Z]|\Z)")
# Amounts with a single reading: a fraction of three digits has two.
_PLAIN_AMOUNT = re.compile(r"\s*+([+-]?[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4,9}))?)\s*+")
_CLOSING_NAME = re.compile(r"</(?:[A-Za-z]\w*:)?([A-Za-z][\w.-]*)")

#: Far more than any bank writes: what is deeper or longer is damaged, or made to waste time.
_DEEPEST_NESTING, _MOST_TAGS = 16, 1000

_DAMAGED = "a transaction's markup is damaged"


def fields_of(body: str, line: int) -> dict[str, str]:
    """
    Return the raw values of a transaction's elements by name; raises StatementRefused for damaged markup.

    Repeated texts (NAME, MEMO and the like) are joined.
    """
    pairs = _FIELD.findall(body)
    fields: dict[str, str] = dict(pairs)
    if (
        len(fields) == len(pairs)
        # Every "<" that opens a tag was seen: nothing was skipped.
        and body.count("<") - body.count("</") == len(pairs)
        and fields.keys() <= _ELEMENTS
    ):
        return fields
    return _nested_fields(body, line)


def _nested_fields(body: str, line: int) -> dict[str, str]:
    """`fields_of` for transactions with aggregates, odd tags or late closing tags, without recursion."""
    fields: dict[str, str] = {}
    opened: set[str] = set()
    inside: list[str] = []
    closed = {name.upper() for name in _CLOSING_NAME.findall(body)}
    position = len(body) - len(body.lstrip())
    tags = 0
    while position < len(body):
        tag = ANY_TAG.match(body, position)
        tags += 1
        if tag is None or tags > _MOST_TAGS or len(inside) > _DEEPEST_NESTING:
            raise StatementRefused(line, _DAMAGED)
        position = tag.end()
        slash, name, empty, value = tag[1], tag[2].upper(), tag[3], tag[4]
        blank = not value or value.isspace()
        if slash:
            if name not in opened or not blank:
                raise StatementRefused(line, _DAMAGED)
            if name in inside:
                del inside[inside.index(name) :]
            continue
        opened.add(name)
        if name in {"STMTTRN", "STMTTRNP"}:
            raise StatementRefused(line, "a transaction does not end")
        is_aggregate = name in _AGGREGATES or (name not in _ELEMENTS and name in closed)
        if is_aggregate and blank and not empty and name not in inside:
            inside.append(name)
            continue
        _add_field(fields, f"{inside[-1]}/{name}" if inside else name, value, line)
    return fields


def _add_field(fields: dict[str, str], name: str, value: str, line: int) -> None:
    if name not in fields:
        fields[name] = value
    elif name in _SINGLE:
        raise StatementRefused(line, "a transaction has an element twice")
    else:
        fields[name] = f"{fields[name]} {value}"


class TransactionReader:
    """Reads the transactions of one file."""

    __slots__ = ("_dates", "_decimal_mark")

    def __init__(self, decimal_mark: Callable[[], DecimalMark]) -> None:
        self._decimal_mark = decimal_mark
        self._dates: dict[str, str | None] = {}

    def transaction_of(
        self, fields: dict[str, str], *, line: int, currency: str, pending: bool
    ) -> StatementTransaction:
        """
        Return the transaction that the fields describe, in `currency` unless they name another.

        Raises StatementRefused, naming the line, where the amount or the date is missing or has no certain reading.
        """
        posted_on = self._date_of(fields, line, pending=pending)
        if "CURRENCY/CURSYM" in fields or "CURRENCY" in fields:
            currency = _own_currency(fields, currency, line)
        raw_amount = fields.get("TRNAMT")
        if raw_amount is None:
            raise StatementRefused(line, "a transaction has no amount")
        name, memo, reference = (
            _text(fields, "NAME"),
            _text(fields, "MEMO"),
            _text(fields, "CHECKNUM"),
        )
        if not name:
            name = _text(fields, "PAYEE/NAME") or _text(fields, "EXTDPAYEE/NAME")
        if not reference.strip("0"):
            # Banks fill CHECKNUM with zeros where there is no check.
            reference = _text(fields, "REFNUM") or reference
        kind = fields.get("TRNTYPE", "").strip().upper()
        return StatementTransaction(
            line=line,
            posted_on=posted_on,
            amount=self.amount_of(raw_amount, currency, line),
            description=_joined(name, memo),
            counterparty=name,
            reference=reference,
            bank_id=_text(fields, "FITID"),
            bank_kind=kind if kind in _KINDS or not kind else "OTHER",
            pending=pending,
        )

    def amount_of(self, raw: str, currency: str, line: int) -> ExactAmount:
        """Return the amount that a text spells; raises StatementRefused where it has no certain reading."""
        plain = _PLAIN_AMOUNT.fullmatch(raw)
        if plain is not None:
            return ExactAmount(Decimal(plain[1]), currency)
        digits = amount_digits(raw, currency, self._decimal_mark)
        if digits == AMBIGUOUS:
            raise StatementRefused(line, "an amount has two readings: thousands or decimals")
        if digits == UNREADABLE:
            raise StatementRefused(line, "an amount can't be read")
        return ExactAmount(Decimal(digits), currency)

    def _date_of(self, fields: dict[str, str], line: int, *, pending: bool) -> str:
        raw = fields.get("DTPOSTED")
        if raw is None and pending:
            raw = fields.get("DTTRAN")
        if raw is None:
            raise StatementRefused(line, "a transaction has no date")
        if raw not in self._dates:
            self._dates[raw] = calendar_date(raw)
        posted_on = self._dates[raw]
        if posted_on is None:
            raise StatementRefused(line, "a transaction's date can't be read")
        return posted_on


def _text(fields: dict[str, str], name: str) -> str:
    raw = fields.get(name)
    return plain_text(raw) if raw else ""


def _own_currency(fields: dict[str, str], currency: str, line: int) -> str:
    """The currency that a transaction names for its own amount."""
    raw = fields.get("CURRENCY/CURSYM") or fields.get("CURRENCY") or ""
    own = currency_code(raw)
    if own != UNKNOWN_CURRENCY:
        return own
    if raw.strip() and currency != UNKNOWN_CURRENCY:
        raise StatementRefused(line, "a transaction is in a currency that is not known")
    return currency


def _joined(name: str, memo: str) -> str:
    """One description out of NAME (often cut short) and MEMO (often the same again in full)."""
    if not memo or memo.casefold() in name.casefold():
        return name
    if not name or memo.casefold().startswith(name.casefold()):
        return memo
    return f"{name} - {memo}"
