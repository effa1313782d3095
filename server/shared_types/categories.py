"""
The default tree of categories: stable ids, names that may change, parents.

The upper level follows Plaid's personal finance categories
(plaid.com/documents/transactions-personal-finance-category-taxonomy.csv), so that a feed maps onto it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["DEFAULT_CATEGORIES", "Category", "category_of_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One node of the tree."""

    #: Never changes and is never reused.
    category_id: str
    #: What the user reads in the Category column; unique in the tree.
    name: str
    parent_id: str | None = None


_TREE = (
    Category(category_id="income", name="Income"),
    Category(category_id="income.interest", name="Interest earned", parent_id="income"),
    Category(category_id="income.dividends", name="Dividends", parent_id="income"),
    Category(category_id="transfer", name="Transfer"),
    Category(category_id="transfer.card_payment", name="Card payment", parent_id="transfer"),
    Category(category_id="cash", name="Cash"),
    Category(category_id="bank_fees", name="Bank fees"),
    Category(category_id="loan_payments", name="Loan payments"),
    Category(category_id="general_merchandise", name="Goods"),
    Category(category_id="food_and_drink", name="Food and drink"),
    Category(category_id="travel", name="Travel"),
    Category(category_id="transportation", name="Transport"),
    Category(category_id="rent_and_utilities", name="Rent and utilities"),
    Category(category_id="general_services", name="Services"),
    Category(category_id="government_and_non_profit", name="Taxes and government"),
    Category(category_id="medical", name="Medical"),
    Category(category_id="personal_care", name="Personal care"),
    Category(category_id="home_improvement", name="Repairs and maintenance"),
    Category(category_id="entertainment", name="Entertainment"),
    Category(category_id="payroll", name="Wages and salaries"),
)

#: Every category by its id.
DEFAULT_CATEGORIES = MappingProxyType({category.category_id: category for category in _TREE})

_BY_NAME = {category.name.casefold(): category for category in _TREE}


def category_of_name(name: str) -> Category | None:
    """Return the category that a user calls `name`, whatever its case, or None."""
    return _BY_NAME.get(name.strip().casefold())
