"""
Exact money that refuses to print itself.

Amounts are `Decimal`, from the literal that the bank sent: never float, never minor units (banks send sub-cent
amounts). Positive is money into the account, for every type of account.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import NoReturn

from server.exact_amounts.entries.currencies import exponent_of

__all__ = ["EXACT", "ExactAmount", "amount_from_literal"]

#: Arithmetic that refuses to lose a digit; 60 digits hold any sum of a hundred million amounts.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])

_LITERAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")


class ExactAmount:
    """
    An exact amount in one currency. Read the number with `exact_value`; printing it shows a mask.

    Not a dataclass on purpose: msgspec and `dataclasses.asdict` would serialise one field by field.
    """

    __slots__ = ("currency", "exact_value")

    exact_value: Decimal
    #: ISO 4217 code.
    currency: str

    def __init__(self, exact_value: Decimal, currency: str) -> None:
        assert type(exact_value) is Decimal, "an amount is a Decimal"
        assert exact_value.is_finite(), "an amount is finite"
        assert len(currency) == 3, "a currency is an ISO 4217 code"  # noqa: PLR2004
        _set_exact_value(self, exact_value)
        _set_currency(self, currency)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = "an exact amount never changes"
        raise AttributeError(message)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExactAmount):
            return NotImplemented
        return self.exact_value == other.exact_value and self.currency == other.currency

    def __hash__(self) -> int:
        return hash((self.exact_value, self.currency))

    def __repr__(self) -> str:
        return "ExactAmount(***)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        message = "an exact amount is never pickled"
        raise TypeError(message)

    def __add__(self, other: ExactAmount) -> ExactAmount:
        assert self.currency == other.currency, "amounts of one currency are added"
        return ExactAmount(EXACT.add(self.exact_value, other.exact_value), self.currency)

    def __sub__(self, other: ExactAmount) -> ExactAmount:
        return self + (-other)

    def __neg__(self) -> ExactAmount:
        return ExactAmount(self.exact_value.copy_negate(), self.currency)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.exact_value > 0) - (self.exact_value < 0)

    def literal(self) -> str:
        """The amount as the ledger writes it: plain digits, a point, no exponent, zero without a sign."""
        if not self.exact_value:
            return f"{abs(self.exact_value):f}"
        return f"{self.exact_value:f}"

    def rounded(self) -> ExactAmount:
        """
        The amount rounded to its currency's minor unit: for a proof, once, on a sum.

        Half goes away from zero, as Excel's ROUND does it: the sheet and the server agree on a tie.
        """
        step = Decimal(1).scaleb(-exponent_of(self.currency))
        return ExactAmount(
            self.exact_value.quantize(step, ROUND_HALF_UP, Context(prec=60)), self.currency
        )


# The slots themselves: what `object.__setattr__` would look up for each amount.
_set_exact_value = ExactAmount.__dict__["exact_value"].__set__
_set_currency = ExactAmount.__dict__["currency"].__set__


def amount_from_literal(literal: str, currency: str) -> ExactAmount:
    """
    Return the amount that plain digits with an optional sign and point spell.

    At most 18 digits before the point and 9 after it. Raises ValueError, naming no digit, for anything else.
    """
    if _LITERAL.fullmatch(literal) is None:
        message = "not an amount"
        raise ValueError(message)
    return ExactAmount(Decimal(literal), currency)
