"""
OFX and QFX files of every version: 1.x (SGML) and 2.x (XML), as banks really write them.

A tolerant reader of our own in one pass and linear time, without recursion. Unknown tags are skipped. What would
change an account's history is never guessed: a damaged file is refused with its line, not half read. Nothing here
opens a file, knows the ledger, or repeats text of the file in an error.

Source: OFX 1.6 and 2.2, chapters 2 (structure), 3 (values), 11 (statements), 13 (investments).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from server.exact_amounts.entries.currencies import UNKNOWN_CURRENCY
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import StatementFile
from server.exact_amounts.statements.ofx_markup import LineCounter, tag_pattern, without_comments
from server.exact_amounts.statements.ofx_statements import AccountBook, OpenStatement, Problems
from server.exact_amounts.statements.ofx_transactions import TransactionReader, fields_of
from server.exact_amounts.statements.ofx_values import (
    DecimalMark,
    calendar_date,
    currency_code,
    decimal_mark_of,
    plain_text,
)

__all__ = ["looks_like_ofx", "read_ofx"]

_STATEMENTS = ("STMTRS", "CCSTMTRS", "INVSTMTRS")
_LISTS = ("BANKTRANLIST", "BANKTRANLISTP", "INVTRANLIST")
_TRANSACTIONS = ("STMTTRN", "STMTTRNP")
_ACCOUNTS = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
#: Aggregates with elements of the same names: what stands in them is told apart.
_PARTS = (
    *_ACCOUNTS,
    "BANKACCTTO",
    "CCACCTTO",
    "STATUS",
    "FI",
    "LEDGERBAL",
    "AVAILBAL",
    "BAL",
    "INVBAL",
    "INVPOSLIST",
)
_ELEMENTS = "ORG SEVERITY BANKID BRANCHID BROKERID ACCTID ACCTTYPE DTSTART DTEND BALAMT DTASOF INVTRAN".split()
#: Responses that tell of money without being statements.
_OTHER_RESPONSES = (
    "INTRARS INTERRS WIRERS PMTRS RECINTRARS RECPMTRS LOANSTMTRS STMTENDRS CCSTMTENDRS".split()
)

_TAG = tag_pattern(
    "|".join((*_TRANSACTIONS, "OFX", *_STATEMENTS, *_LISTS, *_PARTS, *_ELEMENTS, *_OTHER_RESPONSES))
)
_CURDEF = tag_pattern("CURDEF")
_END_OF_TRANSACTION = re.compile(r"</(?:[a-z]\w*:)?STMTTRNP?\s*>", re.IGNORECASE)
# Banks close CCSTMTRS with STMTRS. The look ahead only passes over all other closing tags in half the time.
_END_OF_STATEMENT = re.compile(
    r"</(?=\w*+(?:(?<=STMTRS)|:))(?:[a-z]\w*:)?(?:CC|INV)?STMTRS\s*>", re.IGNORECASE
)
_NEXT_TRANSACTION = re.compile(r"\s*+<STMTTRN>")
_OFX_MARK = re.compile(r"</?(?:[a-z]\w*:)?OFX|<\?OFX|OFXHEADER", re.IGNORECASE)
_OFX_ELEMENT = re.compile(r"<(?:[a-z]\w*:)?OFX", re.IGNORECASE)
_MESSAGES_WITH_STATEMENTS = re.compile(
    r"<(?:[a-z]\w*:)?(?:BANK|CREDITCARD|INVSTMT|LOAN)MSGSRS", re.IGNORECASE
)
_HEAD_CHARACTERS = 1 << 16

_Tag = re.Match[str]


def looks_like_ofx(text: str) -> bool:
    """Whether a text has the marks of OFX at its beginning."""
    return _OFX_MARK.search(text.lstrip("\x00 \t\r\n"), 0, _HEAD_CHARACTERS) is not None


def read_ofx(text: str) -> StatementFile:
    """
    Return what an OFX file says. A file without any statement in it gives no account and a problem.

    Raises StatementRefused, naming a line, for a file that is damaged or has an amount or a date without a
    certain reading.
    """
    return _Walk(without_comments(text)).read()


class _Walk:
    """One pass over the tags that matter."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = LineCounter(text)
        self._mark: DecimalMark | None = None
        self._reader = TransactionReader(self._decimal_mark)
        self._book = AccountBook()
        self._problems = Problems()
        self._statement: OpenStatement | None = None
        self._statement_end = 0
        self._part = ""
        self._ofx_is_open = False
        self._institution = ""

    def read(self) -> StatementFile:
        """Walk to the end of the file."""
        if _OFX_ELEMENT.search(self._text) is None:
            raise StatementRefused(0, "an OFX header without content")
        handlers = self._handlers()
        position = 0
        while (tag := _TAG.search(self._text, position)) is not None:
            name = tag[2].upper()
            if name in _TRANSACTIONS:
                position = self._read_transactions(tag, pending=name == "STMTTRNP")
            else:
                position = tag.end()
                handlers[name](tag, name)
        self._end_file()
        return StatementFile(
            format="ofx", accounts=self._book.accounts(), problems=self._problems.all()
        )

    def _handlers(self) -> Mapping[str, Callable[[_Tag, str], None]]:
        return (
            {"OFX": self._on_ofx}
            | dict.fromkeys(_STATEMENTS, self._on_statement)
            | dict.fromkeys(_LISTS, self._on_list)
            | dict.fromkeys(_PARTS, self._on_part)
            | dict.fromkeys(_ELEMENTS, self._on_element)
            | dict.fromkeys(_OTHER_RESPONSES, self._on_other_response)
        )

    def _end_file(self) -> None:
        last_line = self._lines.line_of(len(self._text))
        if self._ofx_is_open:
            if self._book or _MESSAGES_WITH_STATEMENTS.search(self._text):
                raise StatementRefused(last_line, "the file ends before its closing tag")
            self._problems.note(last_line, "the file ends before its closing tag")
        if not self._book:
            self._problems.note(0, "the file holds no statement")

    def _decimal_mark(self) -> DecimalMark:
        if self._mark is None:
            self._mark = decimal_mark_of(self._text)
        return self._mark

    def _line_of(self, tag: _Tag) -> int:
        return self._lines.line_of(tag.start())

    # Transactions

    def _read_transactions(self, tag: _Tag, *, pending: bool) -> int:
        """Read a transaction and those that follow it directly; return the position behind them."""
        text, statement, line = self._text, self._statement, self._line_of(tag)
        if tag[1]:
            raise StatementRefused(line, "a transaction ends that did not begin")
        if statement is None:
            raise StatementRefused(line, "a transaction stands outside of any statement")
        self._leave_part()
        begin: int = tag.start(4)
        pending = pending or statement.open_list == "BANKTRANLISTP"
        while True:
            end = _END_OF_TRANSACTION.search(text, begin, self._statement_end)
            if end is None or tag[3]:
                raise StatementRefused(line, "a transaction does not end")
            fields = fields_of(text[begin : end.start()], line)
            if "CORRECTACTION" not in fields or self._is_entry(fields, line):
                statement.transactions.append(
                    self._reader.transaction_of(
                        fields, line=line, currency=statement.currency, pending=pending
                    )
                )
            if pending:
                return end.end()
            position = self._reader.read_plain(
                text,
                end.end(),
                self._statement_end,
                self._lines,
                statement.currency,
                statement.transactions,
            )
            following = _NEXT_TRANSACTION.match(text, position)
            if following is None:
                return position
            begin = following.end()
            line = self._lines.line_of(begin - 1)

    def _is_entry(self, fields: dict[str, str], line: int) -> bool:
        """Whether a correction is an entry itself; it is always told, since the earlier entry is left as it was."""
        action = fields["CORRECTACTION"].strip().upper()
        if action == "DELETE":
            self._problems.note(
                line, "the bank deletes an earlier entry: that entry was left as it was"
            )
            return False
        if action:
            self._problems.note(
                line, "the bank replaces an earlier entry by this one: both are entries"
            )
        return True

    # The structure around them

    def _on_ofx(self, tag: _Tag, _name: str) -> None:
        if self._statement is not None:
            raise StatementRefused(self._line_of(tag), "a statement does not end")
        self._ofx_is_open = not tag[1]
        self._part = ""

    def _on_statement(self, tag: _Tag, name: str) -> None:
        line, statement = self._line_of(tag), self._statement
        if tag[1]:
            if statement is None:
                raise StatementRefused(line, "a statement ends that did not begin")
            self._end_statement(statement, line)
        elif statement is not None:
            raise StatementRefused(line, "a statement begins within another")
        elif not self._ofx_is_open:
            raise StatementRefused(line, "a statement stands outside of the OFX element")
        elif not tag[3]:
            self._begin_statement(tag, name, line)

    def _begin_statement(self, tag: _Tag, kind: str, line: int) -> None:
        end = _END_OF_STATEMENT.search(self._text, tag.end())
        if end is None:
            raise StatementRefused(line, "the file ends within a statement")
        self._part = ""
        self._statement_end = end.start()
        # CURDEF counts for every amount, wherever in the statement it stands.
        curdef = _CURDEF.search(self._text, tag.end(), end.start())
        currency = currency_code(curdef[4]) if curdef is not None else UNKNOWN_CURRENCY
        if currency == UNKNOWN_CURRENCY and curdef is not None and curdef[4].strip():
            self._problems.note(line, "the statement's currency code is not known")
        self._statement = OpenStatement(
            kind=kind, currency=currency, amount_of=self._reader.amount_of, problems=self._problems
        )

    def _end_statement(self, statement: OpenStatement, line: int) -> None:
        if statement.open_list:
            raise StatementRefused(line, "a list of transactions does not end")
        self._leave_part()
        if statement.trades_line:
            self._problems.note(
                statement.trades_line, "trades of securities are not read as entries"
            )
        self._book.add(statement, self._institution)
        self._statement = None

    def _on_list(self, tag: _Tag, name: str) -> None:
        statement = self._statement
        if statement is None or tag[3]:
            return
        self._leave_part()
        if tag[1]:
            if statement.open_list != name:
                raise StatementRefused(
                    self._line_of(tag), "a list of transactions ends that did not begin"
                )
            statement.open_list = ""
        elif statement.open_list:
            raise StatementRefused(self._line_of(tag), "a list of transactions does not end")
        else:
            statement.open_list = name

    def _on_part(self, tag: _Tag, name: str) -> None:
        if tag[1]:
            if name == self._part:
                self._leave_part(properly=True)
            return
        self._leave_part()
        statement = self._statement
        # Inside a list they belong to a trade.
        if statement is not None and not statement.open_list:
            if name == "LEDGERBAL":
                statement.begin_balance(self._line_of(tag))
            elif name in _ACCOUNTS:
                statement.name_account(self._line_of(tag))
        self._part = name
        if tag[3]:
            self._leave_part(properly=True)

    def _leave_part(self, *, properly: bool = False) -> None:
        statement = self._statement
        if self._part == "LEDGERBAL" and statement is not None and not statement.open_list:
            statement.end_balance(properly=properly)
        self._part = ""

    def _on_element(self, tag: _Tag, name: str) -> None:
        statement = self._statement
        if tag[1]:
            return
        if statement is None:
            self._on_outer_element(tag, name)
        elif statement.open_list:
            self._on_element_of_list(statement, tag, name)
        elif self._part in _ACCOUNTS:
            statement.add_account_element(name, tag[4])
        elif self._part == "LEDGERBAL":
            statement.add_balance_element(name, tag[4])

    def _on_outer_element(self, tag: _Tag, name: str) -> None:
        if name == "ORG" and self._part == "FI":
            self._institution = plain_text(tag[4])
        elif name == "SEVERITY" and tag[4].strip().upper() == "ERROR":
            self._problems.note_once(self._line_of(tag), "the bank reports an error")

    def _on_element_of_list(self, statement: OpenStatement, tag: _Tag, name: str) -> None:
        if name == "DTSTART":
            statement.first_day = statement.first_day or calendar_date(tag[4])
        elif name == "DTEND":
            statement.last_day = statement.last_day or calendar_date(tag[4])
        elif name == "INVTRAN":
            statement.trades_line = statement.trades_line or self._line_of(tag)

    def _on_other_response(self, tag: _Tag, _name: str) -> None:
        if not tag[1] and self._statement is None:
            self._problems.note_once(
                self._line_of(tag), "transfers, payments and loans are not read, only statements"
            )
