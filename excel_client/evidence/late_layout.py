"""
What late arrivals of a closed month say: entries that came, changed or went after it was closed, and their effect.

Pure. It stands beside the evidence, never in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from excel_client.evidence.documents import (
    EXACT,
    Column,
    Document,
    Fact,
    Kind,
    Section,
    closing_facts,
    counted,
    described,
    origin,
    read_amount,
    read_instant,
)
from excel_client.problems import AnswerNotReadable
from excel_client.wire_format import ClosedEntry, ClosedMonth, LateArrival

__all__ = ["NamedAccount", "lay_out_late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAccount:
    """What late arrivals say of their account."""

    name: str
    currency: str


def lay_out_late(closed: ClosedMonth, accounts: Mapping[str, NamedAccount]) -> Document:
    """
    Return what arrived late in a closed month; `accounts` name those that the evidence does not know.

    Raises AnswerNotReadable for an amount that is none, or an account without a name.
    """
    evidence = closed.evidence
    frozen = {
        each.id: NamedAccount(name=each.name, currency=each.currency) for each in evidence.accounts
    }
    named = {**accounts, **frozen}
    if any(late.account_id not in named for late in closed.late_arrivals):
        raise AnswerNotReadable
    then = {entry.id: entry for account in evidence.accounts for entry in account.entries}
    return Document(
        title="Late arrivals in a closed month",
        subject="All accounts",
        month=evidence.month,
        origin=origin(evidence),
        made_at=read_instant(evidence.closed_at),
        facts=(
            Fact(label="Month", text=evidence.month, kind=Kind.WORD),
            Fact(
                label="Late arrivals",
                text=counted(len(closed.late_arrivals), "entry", "entries"),
                note="came, changed or went after the month was closed; the evidence is as it was",
            ),
            *_effects(closed.late_arrivals, then, named),
            *closing_facts(evidence),
        ),
        sections=(_late_section(closed.late_arrivals, then, named),),
    )


def _before(late: LateArrival, then: Mapping[str, ClosedEntry]) -> ClosedEntry | None:
    return None if late.change == "added" else then.get(late.entry.id, late.entry)


def _effects(
    late_arrivals: Iterable[LateArrival],
    then: Mapping[str, ClosedEntry],
    named: Mapping[str, NamedAccount],
) -> Iterable[Fact]:
    effects: dict[str, Decimal] = {}
    for late in late_arrivals:
        gained = Decimal(0) if late.change == "gone" else read_amount(late.entry.amount)
        before = _before(late, then)
        lost = read_amount(before.amount) if before else Decimal(0)
        effect = EXACT.subtract(gained, lost)
        effects[late.account_id] = EXACT.add(effects.get(late.account_id, Decimal(0)), effect)
    for account_id, effect in sorted(effects.items(), key=lambda each: (named[each[0]].name, each)):
        account = named[account_id]
        yield Fact(
            label=f"{account.name} ({account.currency})",
            text=f"{effect:f}",
            kind=Kind.AMOUNT,
            note="what they change in the month's sum",
        )


def _late_section(
    late_arrivals: Iterable[LateArrival],
    then: Mapping[str, ClosedEntry],
    named: Mapping[str, NamedAccount],
) -> Section:
    def row(word: str, late: LateArrival, entry: ClosedEntry) -> tuple[str, ...]:
        account = named[late.account_id]
        return (
            word,
            account.name,
            entry.posted_on,
            entry.counts_on,
            described(entry),
            entry.amount,
            account.currency,
            entry.id,
        )

    rows = []
    for late in late_arrivals:
        before = _before(late, then)
        if late.change == "changed" and before is not None:
            rows += [row("changed from", late, before), row("changed to", late, late.entry)]
        else:
            rows.append(row(late.change, late, late.entry))
    return Section(
        title="Late arrivals",
        columns=(
            Column(heading="Change", kind=Kind.WORD),
            Column(heading="Account", kind=Kind.TEXT),
            Column(heading="Date", kind=Kind.DATE),
            Column(heading="Counts on", kind=Kind.DATE),
            Column(heading="Description", kind=Kind.TEXT),
            Column(heading="Amount", kind=Kind.AMOUNT),
            Column(heading="Currency", kind=Kind.WORD),
            Column(heading="Entry ID", kind=Kind.WORD, book_only=True),
        ),
        rows=tuple(rows),
        nothing="Nothing arrived late.",
    )
