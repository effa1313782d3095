"""The quick way of reading plainly written transactions: it gives what the thorough way gives, and nothing else."""

from __future__ import annotations

import dataclasses
import sys
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.exact_amounts.entries.money import ExactAmount
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import StatementTransaction
from server.exact_amounts.statements.ofx import read_ofx
from server.exact_amounts.statements.ofx_markup import LineCounter
from server.exact_amounts.statements.ofx_transactions import TransactionReader
from server.exact_amounts.statements.ofx_values import calendar_date, calendar_day, plain_text

#: Values as they may stand in a file: the plain ones first, then what needs care or is damaged.
PLAIN_VALUES = {
    "TRNTYPE": ["DEBIT", "CREDIT", "INVENTED", ""],
    "DTPOSTED": ["20260203", "20260203120000", "20240229120000.000[-5:EST]", "202602031530[+2]"],
    "DTUSER": ["20260202", ""],
    "DTAVAIL": ["20260204"],
    "TRNAMT": ["-45.02", "+7", "0.00", "1234,5", "-0.1234", "007.50 "],
    "FITID": ["F1", "2026-02/3", "", " a b "],
    "SRVRTID": ["S 1"],
    "CHECKNUM": ["000", "17", " 0 "],
    "REFNUM": ["R-1", "&lt;R&gt;"],
    "SIC": ["5812"],
    "PAYEEID": ["P"],
    "NAME": ["Harbour Grocers", "Quince &amp; Co", "Straße", "", "a > b  c "],
    "MEMO": [
        "Card 7",
        "HARBOUR GROCERS PIER 4",
        "STRASSE",
        "Groc",
        "\u00a0x\u2028y\x85\x1f",
        "tab\there\x00",
        "&#233;&amp;lt; &nosuch; &",
    ],
}
ODD_VALUES = {
    "TRNTYPE": ["debit", " DEBIT"],
    "DTPOSTED": ["20260231", "2026-02-03", "18991231", "202602031", "20260203120000Z", "", "n/a"],
    "TRNAMT": ["1,234", "1.234", "1,234.50", "5-", "(5.00)", "", ".5", "5.", "٣", "CHF 5.00"],
    "NAME": ["two\nlines", "A < B"],
    "MEMO": ["two\r\nlines", "</"],
    "PAYEE": ["<NAME>Ada</PAYEE>"],
    "CURRENCY": ["<CURSYM>EUR</CURRENCY>"],
    "CORRECTACTION": ["DELETE", "REPLACE"],
    "STMTTRN": ["", "<NAME>x"],
}
CLOSINGS = ["", "\n", "\r\n", "</{}>", "</{}>\n  ", "\n</{}>\t", "</{}>lost", "</NAME>"]


@st.composite
def plain_elements(draw: st.DrawFn) -> str:
    names = [
        name
        for name in PLAIN_VALUES
        if name in {"DTPOSTED", "TRNAMT"} or draw(st.booleans(), label=name)
    ]
    closing = draw(st.sampled_from(CLOSINGS[1:6]))
    return "".join(
        f"<{name}>{draw(st.sampled_from(PLAIN_VALUES[name]))}{closing.format(name)}"
        for name in names
    )


@st.composite
def odd_elements(draw: st.DrawFn) -> str:
    """Elements in any order, with one of the odd values at most: a file of many would always be refused."""
    names = draw(st.permutations(sorted({*PLAIN_VALUES, "NAME", "MEMO"})))
    if draw(st.booleans()):
        names = sorted(names, key=list(PLAIN_VALUES).index)
    odd = draw(st.sampled_from(["", *ODD_VALUES]))
    values = [(name, draw(st.sampled_from(PLAIN_VALUES[name]))) for name in names if name != odd]
    if odd:
        at = draw(st.integers(0, len(values)))
        values.insert(at, (odd, draw(st.sampled_from(ODD_VALUES[odd]))))
    usual = draw(st.sampled_from(CLOSINGS[1:6]))
    last = draw(st.sampled_from(CLOSINGS))
    return "".join(f"<{name}>{value}{usual.format(name)}" for name, value in values[:-1]) + "".join(
        f"<{name}>{value}{last.format(name)}" for name, value in values[-1:]
    )


RUNS = st.lists(
    st.tuples(
        plain_elements() | plain_elements() | odd_elements(),
        st.sampled_from(["", "\n", "\r\n  ", "\n\n", "<!-- \n -->", "lost"]),
    ),
    min_size=1,
    max_size=5,
)


def statement_of(transactions: list[tuple[str, str]]) -> str:
    run = "".join(f"<STMTTRN>{elements}</STMTTRN>{between}" for elements, between in transactions)
    return (
        "<OFX>\n<BANKMSGSRSV1><STMTRS>\n<CURDEF>USD\n<BANKTRANLIST>\n"
        f"{run}</BANKTRANLIST></STMTRS></BANKMSGSRSV1></OFX>\n"
    )


def reading(text: str) -> tuple[object, ...]:
    """Everything that a file says, the digits of its amounts included, or its refusal."""
    try:
        file = read_ofx(text)
    except StatementRefused as refused:
        return refused.line, refused.what
    digits = [
        transaction.amount.exact_value.as_tuple()
        for account in file.accounts
        for transaction in account.statements[0].transactions
    ]
    return file, digits


def check_both_ways(transactions: list[tuple[str, str]]) -> None:
    text = statement_of(transactions)
    # A space in the tag means nothing, but makes every transaction go the thorough way.
    assert reading(text) == reading(text.replace("<STMTTRN>", "<STMTTRN >"))


@settings(max_examples=300, deadline=None)
@given(RUNS)
@example([("<DTPOSTED>20260203<TRNAMT>5", "")] * 2)
@example([("<DTPOSTED>20260203<TRNAMT>5", ""), ("<DTPOSTED>20260231<TRNAMT>5", "")])
def test_both_ways_give_the_same_transactions_problems_and_refusals(
    transactions: list[tuple[str, str]],
) -> None:
    check_both_ways(transactions)


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(RUNS)
def test_both_ways_give_the_same_10000_times(transactions: list[tuple[str, str]]) -> None:
    check_both_ways(transactions)


def read_plain(text: str) -> tuple[int, list[StatementTransaction]]:
    transactions: list[StatementTransaction] = []
    position = TransactionReader(lambda: "").read_plain(
        text, 0, len(text), LineCounter(text), "USD", transactions
    )
    return position, transactions


@settings(max_examples=100, deadline=None)
@given(st.lists(plain_elements(), max_size=4))
def test_transactions_in_the_order_of_the_specification_all_go_the_quick_way(
    elements: list[str],
) -> None:
    text = "\n".join(f"<STMTTRN>{element}</STMTTRN>" for element in elements)
    position, transactions = read_plain(text)
    assert (position, len(transactions)) == (len(text), len(elements))


@pytest.mark.parametrize(
    "markup",
    [
        "<DTPOSTED>20260231<TRNAMT>5",
        "<DTPOSTED>20260203<TRNAMT>1,234",
        "<DTPOSTED>20260203<TRNAMT>5<CORRECTACTION>DELETE",
        "<DTPOSTED>20260203<TRNAMT>5<CURRENCY><CURSYM>EUR</CURRENCY>",
        "<DTPOSTED>20260203<TRNAMT>5<TRNAMT>6",
        "<DTPOSTED>20260203<TRNAMT>5<MEMO>a<MEMO>b",
        "<DTPOSTED>20260203<TRNAMT>5<STMTTRN>",
        "<TRNAMT>5",
        "",
    ],
)
def test_what_needs_judgement_is_left_to_the_thorough_way(markup: str) -> None:
    plain = "<STMTTRN><DTPOSTED>20260203<TRNAMT>5</STMTTRN>"
    position, transactions = read_plain(f"{plain}\n<STMTTRN>{markup}</STMTTRN>{plain}")
    assert (position, len(transactions)) == (len(plain), 1)


def test_a_transaction_is_one_that_its_constructor_could_have_made() -> None:
    markup = "<TRNTYPE>POS<DTPOSTED>20260203<TRNAMT>-5.10<FITID>F1<CHECKNUM>7<NAME>Ada<MEMO>Rent"
    _, (transaction,) = read_plain(f"\n<STMTTRN>{markup}</STMTTRN>")
    constructed = StatementTransaction(
        line=2,
        posted_on="2026-02-03",
        amount=ExactAmount(Decimal("-5.10"), "USD"),
        description="Ada - Rent",
        counterparty="Ada",
        reference="7",
        bank_id="F1",
        bank_kind="POS",
    )
    assert type(transaction) is StatementTransaction
    assert (transaction, hash(transaction), repr(transaction)) == (
        constructed,
        hash(constructed),
        repr(constructed),
    )
    assert dataclasses.replace(transaction) == constructed
    assert not hasattr(StatementTransaction, "__post_init__"), "nothing that would be left out"
    with pytest.raises(dataclasses.FrozenInstanceError):
        transaction.line = 3  # type: ignore[misc]


def test_letters_and_digits_of_every_script_are_plain_text_already() -> None:
    characters = [chr(point) for point in range(sys.maxunicode + 1)]
    letters = [character for character in characters if character.isalnum()]
    assert len(letters) > 100_000
    assert [letter for letter in letters if plain_text(letter) != letter] == []
    blanks = [character for character in characters if character.isspace()]
    assert [blank for blank in blanks if blank.isprintable()] == [" "]
    assert [blank for blank in blanks if plain_text(f"{blank}a{blank} b{blank}") != "a b"] == []


@given(st.integers(1890, 2210), st.integers(0, 13), st.integers(0, 32))
@example(2024, 2, 29)
@example(2023, 2, 29)
@example(0, 1, 1)
def test_eight_digits_are_a_day_of_the_calendar_or_none(year: int, month: int, day: int) -> None:
    try:
        expected = date(year, month, day).isoformat() if 1900 <= year <= 2199 else None
    except ValueError:
        expected = None
    digits = f"{year:04}{month:02}{day:02}"
    assert (calendar_day(digits), calendar_date(digits)) == (expected, expected)
