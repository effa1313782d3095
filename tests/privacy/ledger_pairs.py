"""
Pairs of ledgers that the bucket side can't tell apart, as hypothesis makes them.

Two ledgers of a pair have the same accounts, dates, words, kinds and statuses; each amount of one has its counterpart
of the same bucket and sign in the other, with other digits and often another number of them. Balances have no bucket
and differ freely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from server.exact_amounts.entries.currencies import bucket_power, exponent_of
from server.shared_types.buckets import Bucket
from tests.fixtures.statements.make_statement import (
    Dialect,
    MadeAccount,
    MadeTransaction,
    ofx_statement,
)

__all__ = ["Ledger", "TypedLine", "fixed_pair", "pairs_of_ledgers", "written"]

CURRENCIES = ["EUR", "USD", "JPY", "BHD", "VND", "SEK"]

#: The lowest and highest size of each bucket at a scale of one; a size of nothing has a direction of its own.
RANGES = {
    Bucket.MICRO: ("0", "9.9999"),
    Bucket.SMALL: ("10", "99.9999"),
    Bucket.MEDIUM: ("100", "999.9999"),
    Bucket.LARGE: ("1000", "10000"),
    Bucket.XLARGE: ("10000.0001", "99999999999"),
}


def _whole_or_not(amount: Decimal) -> str:
    """As several countries write it: "12,50", but "12,-" for a sum without cents."""
    whole, _, cents = f"{abs(amount):f}".partition(".")
    return f"{whole},{cents}" if cents.strip("0") else f"{whole},-"


CONTINENTAL = str.maketrans(".,", ",.")
FULLWIDTH = str.maketrans(
    "0123456789.", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e"
)
ARABIC = str.maketrans(
    "0123456789.,", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u066b\u066c"
)

#: What a bank makes its identifiers of, which are sealed with the text.
BANK_IDS = ["", "number", "amount"]

#: How a bank writes an amount into a text.
STYLES: dict[str, Callable[[Decimal], str]] = {
    "none": lambda _amount: "",
    "plain": lambda amount: f"CARD {abs(amount):f} SHOP",
    "signed": lambda amount: f"{amount:f}",
    "grouped": lambda amount: f"paid {abs(amount):,f}",
    "continental": lambda amount: f"{abs(amount):,f}".translate(CONTINENTAL),
    "swiss": lambda amount: f"CHF {abs(amount):,f}".replace(",", "\u2019"),
    "french": lambda amount: f"{abs(amount):,f}".replace(",", "\u202f").replace(".", ",") + " €",
    "thin spaces": lambda amount: f"{abs(amount):,f} USD".replace(",", "\u2009"),
    "whole or not": lambda amount: f"Kurs {_whole_or_not(amount)} paid",
    "cents": lambda amount: "REF" + f"{abs(amount):f}".replace(".", ""),
    "zeros before": lambda amount: f"{abs(amount):020f}",
    "column": lambda amount: f"AMT{abs(amount):>22f} DR",
    "column of stars": lambda amount: f"AMT {abs(amount):*>22f} DR",
    "fullwidth": lambda amount: f"{abs(amount):f}".translate(FULLWIDTH),
    "arabic": lambda amount: f"{abs(amount):,f}".translate(ARABIC),
}


_DIALECTS = {
    "ascii": Dialect(),
    "utf-8": Dialect(xml=True, encoding="utf-8", declared_charset="UTF-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLine:
    """An entry that a person types, as the fields of the request, its account left open."""

    posted_on: str
    amount: str
    description: str
    notes: str
    original_amount: str | None = None
    original_currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a person brings in."""

    accounts: tuple[MadeAccount, ...]
    typed_currency: str
    typed: tuple[TypedLine, ...]
    #: In ASCII what it lacks becomes "?", as it does in many a bank.
    encoding: str = "ascii"

    def statement(self) -> bytes:
        """The accounts in one OFX file."""
        return ofx_statement(self.accounts, dialect=_DIALECTS[self.encoding])

    def statement_booked(self) -> bytes:
        """The same a few days later, when what was pending is booked."""
        booked = [
            replace(
                account,
                transactions=[replace(made, pending=False) for made in account.transactions],
            )
            for account in self.accounts
        ]
        return ofx_statement(booked, dialect=_DIALECTS[self.encoding])


def written(style: str, amount: Decimal) -> str:
    """Return the text of a bank that writes amounts in a style."""
    return STYLES[style](amount)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A line of both ledgers, but for its amounts."""

    posted_on: str
    kind: str
    words: str
    style: str
    #: One of BANK_IDS.
    bank_id: str
    pending: bool


def _line(plan: _Plan, place: int, amount: Decimal) -> MadeTransaction:
    text = " ".join((plan.words, written(plan.style, amount))).strip()
    ids = {"": "", "number": f"{place:06}", "amount": f"{place}-{abs(amount):f}"}
    return MadeTransaction(
        posted_on=plan.posted_on,
        amount=f"{amount:f}",
        name=plan.words or "Shop",
        memo=text,
        bank_id=ids[plan.bank_id],
        kind=plan.kind,
        pending=plan.pending,
    )


def _sizes(bucket: Bucket, currency: str) -> st.SearchStrategy[Decimal]:
    decimals = exponent_of(currency)
    low, high = (
        int(Decimal(edge).scaleb(bucket_power(currency) + decimals)) for edge in RANGES[bucket]
    )
    if bucket in {Bucket.MICRO, Bucket.XLARGE}:
        low += 1
    # Numbers of any length are as likely as the longest.
    digits = st.integers(len(str(low)), len(str(high)))
    within = digits.flatmap(
        lambda count: st.integers(max(low, 10 ** (count - 1)), min(high, 10**count - 1))
    )
    return within.map(lambda size: Decimal(size).scaleb(-decimals))


@st.composite
def _amounts(
    draw: st.DrawFn, currency: str, buckets: Sequence[Bucket] = tuple(Bucket)
) -> tuple[Decimal, Decimal]:
    sizes = _sizes(draw(st.sampled_from(buckets)), currency)
    sign = draw(st.sampled_from([1, -1, -1, 0]))
    return sign * draw(sizes), sign * draw(sizes)


@st.composite
def _plans(draw: st.DrawFn, styles: Sequence[str]) -> _Plan:
    return _Plan(
        posted_on=f"2026-{draw(st.integers(1, 4)):02}-{draw(st.integers(1, 28)):02}",
        kind=draw(st.sampled_from(["DEBIT", "CREDIT", "INT", "FEE", "ATM", "XFER"])),
        words=draw(st.sampled_from(["", "Bakery", "Müller & Söhne", "Long " * 11 + "name"])),
        style=draw(st.sampled_from(styles)),
        bank_id=draw(st.sampled_from(["", "number"] if styles == ["none"] else BANK_IDS)),
        pending=draw(st.sampled_from([False, False, False, True])),
    )


def _typed_line(plan: _Plan, amount: Decimal, original: Decimal | None, currency: str) -> TypedLine:
    return TypedLine(
        posted_on=plan.posted_on,
        amount=f"{amount:f}",
        description=" ".join((plan.words, written(plan.style, amount))),
        notes=plan.words,
        original_amount=None if original is None else f"{original:f}",
        original_currency=None if original is None else currency,
    )


@st.composite
def _pairs_of_accounts(
    draw: st.DrawFn, number: int, styles: Sequence[str]
) -> tuple[MadeAccount, MadeAccount]:
    currency = draw(st.sampled_from(CURRENCIES))
    pairs = []
    for place, plan in enumerate(draw(st.lists(_plans(styles), max_size=5))):
        pairs.append([_line(plan, place, amount) for amount in draw(_amounts(currency))])
    stated = draw(st.booleans())
    balances = st.integers(-(10**9), 10**12).map(lambda cents: f"{Decimal(cents).scaleb(-2):f}")
    one, other = (
        MadeAccount(
            account_id=f"{number}2345678",
            account_type=("CHECKING", "SAVINGS", "CREDITCARD")[number % 3],
            currency=currency,
            transactions=[pair[side] for pair in pairs],
            closing=draw(balances) if stated else "",
            closing_on="2026-04-28",
        )
        for side in (0, 1)
    )
    return one, other


@st.composite
def pairs_of_ledgers(draw: st.DrawFn, *, amounts_in_texts: bool = True) -> tuple[Ledger, Ledger]:
    """Return two ledgers that differ within their buckets only."""
    styles = list(STYLES) if amounts_in_texts else ["none"]
    accounts = [draw(_pairs_of_accounts(at, styles)) for at in range(draw(st.integers(1, 3)))]
    currency, foreign = draw(st.sampled_from(CURRENCIES)), draw(st.sampled_from(CURRENCIES))
    typed = []
    for plan in draw(st.lists(_plans(styles), min_size=1, max_size=3)):
        amounts = draw(_amounts(currency))
        originals = draw(st.one_of(st.just((None, None)), _amounts(foreign)))
        typed.append([_typed_line(plan, amounts[at], originals[at], foreign) for at in (0, 1)])
    encoding = draw(st.sampled_from(list(_DIALECTS)))
    one, other = (
        Ledger(
            encoding=encoding,
            accounts=tuple(pair[side] for pair in accounts),
            typed_currency=currency,
            typed=tuple(pair[side] for pair in typed),
        )
        for side in (0, 1)
    )
    return one, other


def fixed_pair() -> tuple[Ledger, Ledger]:
    """Return two ledgers of a pair whose amounts lie far apart within their buckets: what plants are tried on."""
    plans = [
        _Plan("2026-01-05", "DEBIT", "Bakery", "plain", "number", pending=False),
        _Plan("2026-02-06", "CREDIT", "Payroll", "grouped", "amount", pending=False),
        _Plan("2026-02-07", "FEE", "Bank", "none", "", pending=True),
        _Plan("2026-03-08", "DEBIT", "House", "none", "number", pending=False),
    ]
    sides = (
        ("-12.34", "1200.00", "-1.50", "-10000.01"),
        ("-98.7", "9900.10", "-9.99", "-98765432.10"),
    )
    one, other = (
        Ledger(
            accounts=(
                MadeAccount(
                    account_id="12345678",
                    currency="EUR",
                    transactions=[
                        _line(plan, place, Decimal(amount))
                        for place, (plan, amount) in enumerate(zip(plans, side, strict=True))
                    ],
                    closing=side[-1],
                    closing_on="2026-03-28",
                ),
            ),
            typed_currency="EUR",
            typed=(_typed_line(plans[0], Decimal(side[0]), None, "EUR"),),
        )
        for side in sides
    )
    return one, other
