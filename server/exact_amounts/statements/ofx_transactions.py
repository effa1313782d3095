"""
One STMTTRN or STMTTRNP of an OFX file: from its markup to a transaction. It knows nothing of the file around it.

There are two ways. `fields_of` and `transaction_of` read all that can be read and refuse the rest. `read_plain` reads
transactions written as most banks write them, in half the time; what it reads, the other way reads the same.

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
from server.exact_amounts.statements.ofx_markup import ANY_TAG, LineCounter
from server.exact_amounts.statements.ofx_values import (
    AMBIGUOUS,
    UNREADABLE,
    DecimalMark,
    amount_digits,
    calendar_date,
    calendar_day,
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
_AMOUNT = r"([+-]?[0-9]{1,15}+(?:[.,](?:[0-9]{4,9}+|[0-9]{1,2}+)|))"
_PLAIN_AMOUNT = re.compile(rf"\s*+{_AMOUNT}\s*+")
_CLOSING_NAME = re.compile(r"</(?:[A-Za-z]\w*:)?([A-Za-z][\w.-]*)")

#: Far more than any bank writes: what is deeper or longer is damaged, or made to waste time.
_DEEPEST_NESTING, _MOST_TAGS = 16, 1000

_DAMAGED = "a transaction's markup is damaged"


def _plain_transaction() -> re.Pattern[str]:
    """
    Return a pattern for a STMTTRN with known elements in the specification's order, each at most once, closed or not.

    Groups: an empty one where the tag begins, TRNTYPE, the day, TRNAMT, FITID, CHECKNUM, REFNUM, NAME, MEMO.
    """
    text, not_read = r"([^<\r\n]*+)", "[^<]*+"
    moment = r"([0-9]{8})(?:(?:[0-9]{6,14}+|[0-9]{4})(?:\.[0-9]*+|)|)(?:\[[^\[\]<]*+\]|)"

    def element(name: str, value: str) -> str:
        return rf"<{name}>{value}\s*+(?:</{name}>\s*+|)"

    def optional(names: str, value: str) -> str:
        return "".join(f"(?:{element(name, value)}|)" for name in names.split())

    return re.compile(
        r"\s*+()<STMTTRN>\s*+"
        + optional("TRNTYPE", "([A-Z]*+)")
        + element("DTPOSTED", moment)
        + optional("DTUSER DTAVAIL", not_read)
        + element("TRNAMT", _AMOUNT)
        + optional("FITID", text)
        + optional("SRVRTID", not_read)
        + optional("CHECKNUM REFNUM", text)
        + optional("SIC PAYEEID", not_read)
        + optional("NAME MEMO", text)
        + "</STMTTRN>"
    )


_PLAIN_TRANSACTION = _plain_transaction()


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

    __slots__ = ("_dates", "_decimal_mark", "_names")

    def __init__(self, decimal_mark: Callable[[], DecimalMark]) -> None:
        self._decimal_mark = decimal_mark
        self._dates: dict[str, str | None] = {}
        self._names: dict[str, str] = {}

    def read_plain(
        self,
        text: str,
        position: int,
        end: int,
        lines: LineCounter,
        currency: str,
        transactions: list[StatementTransaction],
    ) -> int:
        """
        Append the transactions that directly follow `position`, as booked ones, while they are plainly written.

        Return the position behind the last of them. Nothing is refused here: any doubt is left to the other way.
        """
        match_at, dates, names = _PLAIN_TRANSACTION.match, self._dates, self._names
        while (match := match_at(text, position, end)) is not None:
            _, kind, day, amount, bank_id, check_number, ref, raw_name, memo = match.groups("")
            posted_on = dates.get(day)
            if posted_on is None:
                posted_on = dates[day] = calendar_day(day)
                if posted_on is None:
                    break
            name = names.get(raw_name)
            if name is None:
                name = names[raw_name] = plain_text(raw_name)
            transactions.append(
                _transaction(
                    line=lines.line_of(match.start(1)),
                    posted_on=posted_on,
                    amount=ExactAmount(Decimal(amount.replace(",", ".")), currency),
                    description=_joined(name, plain_text(memo)) if memo else name,
                    counterparty=name,
                    reference=_reference(check_number, ref) if check_number or ref else "",
                    # Letters and digits alone are plain already.
                    bank_id=bank_id if bank_id.isalnum() else plain_text(bank_id),
                    bank_kind=kind if kind in _KINDS or not kind else "OTHER",
                    pending=False,
                )
            )
            position = match.end()
        return position

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
        name = _text(fields, "NAME")
        if not name:
            name = _text(fields, "PAYEE/NAME") or _text(fields, "EXTDPAYEE/NAME")
        kind = fields.get("TRNTYPE", "").strip().upper()
        return _transaction(
            line=line,
            posted_on=posted_on,
            amount=self.amount_of(raw_amount, currency, line),
            description=_joined(name, _text(fields, "MEMO")),
            counterparty=name,
            reference=_reference(fields.get("CHECKNUM", ""), fields.get("REFNUM", "")),
            bank_id=_text(fields, "FITID"),
            bank_kind=kind if kind in _KINDS or not kind else "OTHER",
            pending=pending,
        )

    def amount_of(self, raw: str, currency: str, line: int) -> ExactAmount:
        """Return the amount that a text spells; raises StatementRefused where it has no certain reading."""
        plain = _PLAIN_AMOUNT.fullmatch(raw)
        if plain is not None:
            return ExactAmount(Decimal(plain[1].replace(",", ".")), currency)
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


class _Draft:
    """
    A transaction while its fields are set.

    It has the slots of StatementTransaction and may therefore become one, as Python's data model allows for
    `__class__`: the constructor of a frozen dataclass sets every field through a call, which took as long as all the
    rest of reading a file.
    """

    __slots__ = StatementTransaction.__slots__

    line: int
    posted_on: str
    amount: ExactAmount
    original: ExactAmount | None
    description: str
    counterparty: str
    reference: str
    bank_id: str
    bank_kind: str
    running_balance: ExactAmount | None
    reversal: bool
    pending: bool


def _transaction(  # noqa: PLR0913  # the fields that OFX has a word for
    *,
    line: int,
    posted_on: str,
    amount: ExactAmount,
    description: str,
    counterparty: str,
    reference: str,
    bank_id: str,
    bank_kind: str,
    pending: bool,
) -> StatementTransaction:
    """StatementTransaction with these fields, made in a sixth of the time."""
    draft = _Draft()
    draft.line = line
    draft.posted_on = posted_on
    draft.amount = amount
    draft.original = None
    draft.description = description
    draft.counterparty = counterparty
    draft.reference = reference
    draft.bank_id = bank_id
    draft.bank_kind = bank_kind
    draft.running_balance = None
    draft.reversal = False
    draft.pending = pending
    draft.__class__ = StatementTransaction  # type: ignore[assignment]  # of the same slots
    return draft  # type: ignore[return-value]  # which is one now


def _reference(raw_check_number: str, raw_reference: str) -> str:
    """CHECKNUM, or REFNUM where banks fill CHECKNUM with zeros because there is no check."""
    check_number = plain_text(raw_check_number)
    if check_number.strip("0"):
        return check_number
    return plain_text(raw_reference) or check_number


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
    if not name or not memo:
        return name or memo
    folded_name, folded_memo = name.casefold(), memo.casefold()
    if folded_memo in folded_name:
        return name
    if folded_memo.startswith(folded_name):
        return memo
    return f"{name} - {memo}"
