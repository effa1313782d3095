"""
`pennyvault status --explain`: the stretches of an account that do not add up, and what would explain them.

Suspicions, never verdicts: every set of entries that explains a difference equally well is listed, or counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from excel_client.command_line.printing import Column, printable, text_table
from excel_client.command_line.surroundings import Surroundings
from excel_client.server_api import ServerApi
from excel_client.wire_format import Account, Changes, Explanation, LedgerEntry, Stretch, Suspicion

__all__ = ["Explained", "explain_accounts", "show_explained"]

_DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why accounts do not add up, and the entries that are named for it."""

    explanations: tuple[Explanation, ...]
    entries: Mapping[str, LedgerEntry] = field(repr=False)


def explain_accounts(accounts: Iterable[Account], api: ServerApi) -> Explained:
    """Ask why the accounts that differ do so."""
    differing = sorted(
        (each for each in accounts if each.proof == _DIFFERS),
        key=lambda account: (account.name, account.id),
    )
    explanations = tuple(api.explanation(each.id) for each in differing)
    named = {
        suspicion.entry
        for explanation in explanations
        for stretch in explanation.stretches
        for every in stretch.sets
        for suspicion in every
    }
    entries: dict[str, LedgerEntry] = {}
    if named:
        for page in api.changes(None, Changes):
            entries |= {entry.id: entry for entry in page.entries if entry.id in named}
    return Explained(explanations=explanations, entries=entries)


def show_explained(explained: Explained, accounts: Iterable[Account], around: Surroundings) -> None:
    """Print each stretch with its sets as a table, the missing entry last."""
    names = {account.id: account.name for account in accounts}
    if not any(explanation.stretches for explanation in explained.explanations):
        around.say("Nothing to explain: no stretch between two stated balances differs.")
    for explanation in explained.explanations:
        name = printable(names.get(explanation.account_id, ""))
        for stretch in explanation.stretches:
            around.say("")
            around.say(
                f"{name} ({explanation.currency}), after {stretch.after} through "
                f"{stretch.through}: the entries lead to {_more_or_less(stretch)} was stated."
            )
            around.say(_sets_in_words(stretch))
            if stretch.sets:
                around.say(_sets_table(stretch, explained.entries))
            around.say(f"Or an entry of {stretch.missing} is missing.")


def _more_or_less(stretch: Stretch) -> str:
    amount = stretch.difference.removeprefix("-")
    word = "less" if stretch.difference.startswith("-") else "more"
    return f"{amount} {word} than"


def _sets_in_words(stretch: Stretch) -> str:
    ended = " The search ended at its bound: there may be others." if stretch.bounded else ""
    if not stretch.size:
        return f"No small set of entries explains it.{ended}"
    entries = "one entry" if stretch.size == 1 else f"{stretch.size} entries together"
    if stretch.count == 1:
        said = f"One answer, of {entries}:"
    else:
        listed = len(stretch.sets)
        shown = "" if listed == stretch.count else f", {listed} of them listed"
        said = f"{stretch.count} equally good answers, each of {entries}{shown}:"
    return f"{said}{ended}"


def _sets_table(stretch: Stretch, entries: Mapping[str, LedgerEntry]) -> str:
    columns = (
        Column(heading="Answer", right=True),
        Column(heading="Date"),
        Column(heading="Description"),
        Column(heading="Amount", right=True),
        Column(heading="Perhaps"),
        Column(heading="Put right, the sum changes by", right=True),
    )
    rows = [
        _suspicion_row(str(number), suspicion, entries)
        for number, every in enumerate(stretch.sets, start=1)
        for suspicion in every
    ]
    return text_table(columns, rows)


def _suspicion_row(
    number: str, suspicion: Suspicion, entries: Mapping[str, LedgerEntry]
) -> Sequence[str]:
    entry = entries.get(suspicion.entry)
    # An entry that came in between the two questions is named by its id.
    seen = (
        (entry.posted_on, entry.description, entry.amount) if entry else ("", suspicion.entry, "")
    )
    return (number, *seen, suspicion.cause, suspicion.effect)
