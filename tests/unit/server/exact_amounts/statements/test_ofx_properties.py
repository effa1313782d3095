"""Properties: what was written in any dialect reads back the same; a damaged file gives no amount it doesn't hold."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.exact_amounts.entries.money import amount_from_literal
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.statements.encodings import decode_statement
from server.exact_amounts.statements.reading import read_statement
from tests.fixtures.statements.make_statement import (
    Dialect,
    MadeAccount,
    MadeTransaction,
    many_transactions,
    ofx_statement,
)

TEXTS = st.text(st.sampled_from("abcXYZ ÄÖéñ0123456789&<>;#'\"./-"), max_size=30).map(
    lambda text: " ".join(text.split())
)
# Two decimals or four: with three a file may leave two readings, with none its thousands may.
AMOUNTS = st.from_regex(r"-?(0|[1-9][0-9]{0,11})\.([0-9]{2}|[0-9]{4})", fullmatch=True)
TRANSACTIONS = st.builds(
    MadeTransaction,
    posted_on=st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31)).map(
        date.isoformat
    ),
    amount=AMOUNTS,
    name=TEXTS,
    bank_id=st.text("AB12-:", max_size=12),
    kind=st.sampled_from(["DEBIT", "CREDIT", "POS", "OTHER"]),
    check_number=st.sampled_from(["", "17"]),
    original_currency=st.sampled_from(["", "", "", "CHF"]),
)
ACCOUNTS = st.builds(
    MadeAccount,
    account_id=st.text("0123456789", min_size=1, max_size=12),
    account_type=st.sampled_from(["CHECKING", "SAVINGS", "CREDITCARD", "INVESTMENT"]),
    currency=st.sampled_from(["USD", "EUR", "JPY", "KWD", ""]),
    transactions=st.lists(TRANSACTIONS, max_size=4),
    closing=AMOUNTS,
)
DIALECTS = st.builds(
    Dialect,
    xml=st.booleans(),
    closed_elements=st.booleans(),
    header=st.sampled_from(["standard", "glued", "spaced", "missing"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r", "", "\n\n"]),
    indent=st.sampled_from(["", "  ", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    decimal_mark=st.just("."),
    thousands_mark=st.sampled_from(["", ",", " ", "'"]),
    trailing_sign=st.booleans(),
    plus_sign=st.booleans(),
    time_of_day=st.sampled_from(["", "120000", "235959.999[-11:SST]", "0000[+12]"]),
) | st.builds(
    Dialect,
    decimal_mark=st.just(","),
    thousands_mark=st.sampled_from(["", ".", " ", "'"]),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
)


def check_round_trip(account: MadeAccount, dialect: Dialect) -> None:
    file = read_statement(ofx_statement([account], dialect=dialect))
    assert file.problems == ()
    (read,) = file.accounts
    (statement,) = read.statements
    currency = account.currency or "XXX"
    assert read.currency == currency
    assert [transaction.amount for transaction in statement.transactions] == [
        amount_from_literal(made.amount, currency) for made in account.transactions
    ]
    assert [
        (
            transaction.posted_on,
            transaction.description,
            transaction.bank_id,
            transaction.reference,
            transaction.bank_kind,
        )
        for transaction in statement.transactions
    ] == [
        (made.posted_on, made.name, made.bank_id, made.check_number, made.kind)
        for made in account.transactions
    ]
    assert statement.closing is not None
    assert statement.closing.balance == amount_from_literal(account.closing, currency)


@settings(max_examples=150, deadline=None)
@given(ACCOUNTS, DIALECTS)
def test_a_statement_written_in_any_dialect_reads_back_the_same(
    account: MadeAccount, dialect: Dialect
) -> None:
    check_round_trip(account, dialect)


@pytest.mark.deep
@settings(max_examples=100_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACCOUNTS, DIALECTS)
def test_a_statement_written_in_any_dialect_reads_back_the_same_100000_times(
    account: MadeAccount, dialect: Dialect
) -> None:
    check_round_trip(account, dialect)


SEEDS = tuple(
    ofx_statement(
        [
            MadeAccount(
                account_id="1", transactions=many_transactions(3, seed=number), closing="1234.56"
            ),
            MadeAccount(
                account_id="2",
                account_type=account_type,
                transactions=many_transactions(2, seed=number),
            ),
        ],
        dialect=dialect,
    )
    for number, (account_type, dialect) in enumerate(
        [
            ("SAVINGS", Dialect()),
            ("CREDITCARD", Dialect(xml=True, line_end="")),
            ("INVESTMENT", Dialect(closed_elements=True, decimal_mark=",", thousands_mark=".")),
            ("SAVINGS", Dialect(encoding="utf-16", header="glued", trailing_sign=True)),
        ]
    )
)
_SEPARATORS = re.compile("[., '\u2019\u00a0]")


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the content after a few cuts, copies, swaps and overwritten bytes."""
    mutant = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(mutant) + 1)
        length = chance.choice((1, 1, 2, 8, 40, 200))
        match chance.randrange(5):
            case 0:
                del mutant[at : at + length]
            case 1:
                mutant[at:at] = mutant[at : at + length]
            case 2:
                mutant[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                mutant[at:at] = chance.choice(
                    (b"<", b">", b"</", b"&", b"<!--", b"]]>", b"\x00", b"<STMTTRN>", b"-", b".")
                )
            case _:
                start = chance.randrange(len(mutant) + 1)
                mutant[at:at] = mutant[start : start + length]
    return bytes(mutant)


def check_mutants(count: int) -> None:
    chance = random.Random(20260228)
    for number in range(count):
        mutant = mutated(SEEDS[number % len(SEEDS)], chance)
        try:
            file = read_statement(mutant)
        except StatementRefused:
            continue
        digits = _SEPARATORS.sub("", decode_statement(mutant))
        for account in file.accounts:
            for statement in account.statements:
                for transaction in statement.transactions:
                    literal = transaction.amount.literal().lstrip("-").replace(".", "").lstrip("0")
                    assert literal in digits, (number, transaction.line)


def test_a_mutated_file_is_refused_or_read_with_amounts_that_stand_in_it() -> None:
    check_mutants(2_000)


@pytest.mark.deep
def test_a_hundred_thousand_mutated_files_are_refused_or_read_with_amounts_that_stand_in_them() -> (
    None
):
    check_mutants(100_000)
