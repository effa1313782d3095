"""
A page of transactions as a bank's API gives it, invented: as Plaid's JSON, and as what a reader would make of it.

The JSON follows the models of plaid-python, every field that a bank of the United States usually fills.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from server.exact_amounts.entries.money import amount_from_literal
from server.exact_amounts.entries.statement import StatementTransaction
from tests.fixtures.statements.make_statement import MadeTransaction

__all__ = ["page_as_json", "page_as_read"]

_CURRENCY = "USD"
_ACCOUNT = "checking"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NOWHERE = ("address", "city", "region", "postal_code", "country", "lat", "lon", "store_number")
_NO_PAYMENT = (
    "by_order_of", "payee", "payer", "payment_method", "payment_processor", "ppd_id", "reason",
    "reference_number",
)  # fmt: skip


def page_as_read(made: Iterable[MadeTransaction]) -> list[StatementTransaction]:
    """Return what a reader of such a page has to give: the facts that the ledger keeps."""
    return [
        StatementTransaction(
            line=1,
            posted_on=each.posted_on,
            amount=amount_from_literal(each.amount, _CURRENCY),
            description=each.memo,
            counterparty=each.name,
            bank_id=_token(each.bank_id),
        )
        for each in made
    ]


def page_as_json(made: Sequence[MadeTransaction]) -> bytes:
    """Return the answer of /transactions/sync that adds these transactions."""
    return _ENCODER.encode(
        {
            "accounts": [_account()],
            "added": [_transaction(each) for each in made],
            "modified": [],
            "removed": [],
            "next_cursor": _token("the next page") * 2,
            "has_more": True,
            "request_id": _token("request")[:15],
            "transactions_update_status": "HISTORICAL_UPDATE_COMPLETE",
        }
    )


def _token(of_what: str) -> str:
    """An identifier as long as Plaid's."""
    return hashlib.sha256(of_what.encode()).hexdigest()[:37]


def _account() -> Mapping[str, Any]:
    return {
        "account_id": _token(_ACCOUNT),
        "balances": {
            "available": Decimal("2100.55"),
            "current": Decimal("2110.55"),
            "iso_currency_code": _CURRENCY,
            "limit": None,
            "unofficial_currency_code": None,
        },
        "holder_category": "personal",
        "mask": "4321",
        "name": "Everyday Checking",
        "official_name": "Northbank Everyday Checking Account",
        "subtype": "checking",
        "type": "depository",
    }


def _transaction(made: MadeTransaction) -> Mapping[str, Any]:
    logo = f"https://logos.example/{_token(made.name)}.png"
    website = f"{made.name.lower().replace(' ', '-')}.example"
    comes_in = not made.amount.startswith("-")
    return {
        "account_id": _token(_ACCOUNT),
        "account_owner": None,
        # Positive is money out of the account.
        "amount": -Decimal(made.amount),
        "authorized_date": made.posted_on,
        "authorized_datetime": f"{made.posted_on}T09:26:53Z",
        "category": None,
        "category_id": None,
        "check_number": None,
        "counterparties": [
            {
                "confidence_level": "VERY_HIGH",
                "entity_id": _token(made.name),
                "logo_url": logo,
                "name": made.name,
                "type": "income_source" if comes_in else "merchant",
                "website": website,
            }
        ],
        "date": made.posted_on,
        "datetime": f"{made.posted_on}T12:01:05Z",
        "iso_currency_code": _CURRENCY,
        "location": dict.fromkeys(_NOWHERE)
        | {"city": "Springfield", "region": "OR", "country": "US", "lat": Decimal("44.046236")},
        "logo_url": logo,
        "merchant_entity_id": _token(made.name),
        "merchant_name": made.name,
        "name": made.memo,
        "original_description": made.memo,
        "payment_channel": "other" if comes_in else "in store",
        "payment_meta": dict.fromkeys(_NO_PAYMENT),
        "pending": False,
        "pending_transaction_id": None,
        "personal_finance_category": {
            "confidence_level": "VERY_HIGH",
            "detailed": "INCOME_WAGES" if comes_in else "FOOD_AND_DRINK_GROCERIES",
            "primary": "INCOME" if comes_in else "FOOD_AND_DRINK",
        },
        "personal_finance_category_icon_url": "https://icons.example/category.png",
        "transaction_code": None,
        "transaction_id": _token(made.bank_id),
        "transaction_type": "special" if comes_in else "place",
        "unofficial_currency_code": None,
        "website": website,
    }
