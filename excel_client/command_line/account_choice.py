"""From a word on the command line to one account: by its id, its name, or the last characters of its number."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from excel_client.command_line.printing import printable
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import AccountAmbiguous, NotFound
from excel_client.wire_format import Account

__all__ = ["choose_account"]


def choose_account(named: str, accounts: Sequence[Account], around: Surroundings) -> Account:
    """Return the account that a word means; raise NotFound, or AccountAmbiguous after telling whom it could mean."""
    for account in accounts:
        if account.id == named:
            return account
    meant = [
        account
        for account in accounts
        if _compared(account.name) == _compared(named)
        or (account.number_tail and account.number_tail == named)
    ]
    if not meant:
        raise NotFound(what="account")
    if len(meant) > 1:
        for account in sorted(meant, key=lambda each: each.name):
            around.tell(f"  {printable(account.name)}")
        raise AccountAmbiguous
    return meant[0]


def _compared(name: str) -> str:
    """A name without case, spacing or Unicode variants: the ledger holds no two that are the same so."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
