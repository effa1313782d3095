"""
What the evidence of an account says, whatever file it becomes: facts, and entries with a running balance.

Pure and exact: amounts are the server's own text, sums of them are Decimal. Nothing is computed that would look like
a proof: what the entries lead to is never set against a balance that was reckoned from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

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
    plain_amount,
    read_amount,
    read_instant,
)
from excel_client.wire_format import ClosedAccount, ClosedEntry, Evidence

__all__ = ["lay_out_account"]

_OPENING_IS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stated": "stated by the bank",
        "anchored": "reckoned back from the first balance that was stated: no proof by itself",
        "none": "no balance was ever stated; the running balance begins at nothing",
    }
)
_PROVEN: Final = "proven"
_PROOF_IS: Final[Mapping[str, str]] = MappingProxyType(
    {
        _PROVEN: "every stretch between two stated balances that ends in this month adds up",
        "differs": "a stretch between two stated balances that ends in this month does not add up",
        "not yet proven": "no stretch between two stated balances ends in this month",
    }
)


def lay_out_account(evidence: Evidence, account: ClosedAccount) -> Document:
    """Return the evidence of one account; raise AnswerNotReadable for an amount that is none."""
    return Document(
        title="Evidence of a closed month",
        subject=f"{account.name} ({account.currency})",
        month=evidence.month,
        origin=origin(evidence),
        made_at=read_instant(evidence.closed_at),
        facts=(*_account_facts(evidence, account), *closing_facts(evidence)),
        sections=(
            _entries(account),
            _outstanding(account.outstanding),
            _adjustments(account.adjustments),
            _sources(account),
        ),
    )


def _account_facts(evidence: Evidence, account: ClosedAccount) -> Iterable[Fact]:
    yield Fact(label="Account", text=account.name)
    yield Fact(label="Account ID", text=account.id, kind=Kind.WORD)
    yield Fact(label="Currency", text=account.currency, kind=Kind.WORD)
    yield Fact(label="Month", text=evidence.month, kind=Kind.WORD)
    source = _OPENING_IS.get(account.opening_source, account.opening_source)
    yield _balance("Opening balance", account.opening, source)
    yield Fact(
        label="Sum of entries",
        text=plain_amount(account.sum),
        kind=Kind.AMOUNT,
        note=counted(len(account.entries), "entry", "entries"),
    )
    yield _balance("Closing balance", account.closing, _closing_note(account))
    stated = f"for {account.stated_on}" if account.stated_on else "no balance for this month"
    yield _balance("Stated balance", account.stated, stated)
    yield Fact(
        label="Proof",
        text=account.proof,
        kind=Kind.VERDICT,
        note=_proof_note(account),
    )
    yield Fact(
        label="Outstanding",
        text=counted(len(account.outstanding), "entry", "entries"),
        note="pending when the month was closed: in no balance here",
    )
    yield Fact(
        label="Adjustments",
        text=counted(len(account.adjustments), "entry", "entries"),
        note="among the entries; each with its reason below" if account.adjustments else "",
    )


def _balance(label: str, amount: str | None, note: str) -> Fact:
    if amount is None:
        return Fact(label=label, text="none", note=note)
    return Fact(label=label, text=plain_amount(amount), kind=Kind.AMOUNT, note=note)


def _proof_note(account: ClosedAccount) -> str:
    """What a proof's word means, and whether it stands on adjustments."""
    meaning = _PROOF_IS.get(account.proof, "")
    if account.proof == _PROVEN and account.adjustments:
        return f"{meaning}, with the adjustments below"
    return meaning


def _closing_note(account: ClosedAccount) -> str:
    """What is to be said of a closing balance: where it comes from, and what rounding took."""
    if account.closing is None:
        return _OPENING_IS["none"]
    last = _running(account)[-1:]
    if last and read_amount(last[0]) != read_amount(account.closing):
        return f"the running balance ends at {last[0]}; it is rounded once, here"
    return "opening balance and entries"


def _running(account: ClosedAccount) -> list[str]:
    """The balance after each entry, exact, with as many decimals as the amounts that led to it."""
    balance = read_amount(account.opening or "0")
    running = []
    for entry in account.entries:
        balance = EXACT.add(balance, read_amount(entry.amount))
        running.append(f"{balance:f}")
    return running


def _entries(account: ClosedAccount) -> Section:
    return Section(
        title="Entries",
        columns=(
            Column(heading="Date", kind=Kind.DATE),
            Column(heading="Counts on", kind=Kind.DATE),
            Column(heading="Description", kind=Kind.TEXT),
            Column(heading="Amount", kind=Kind.AMOUNT),
            Column(heading="Balance", kind=Kind.AMOUNT),
            Column(heading="Entry ID", kind=Kind.WORD, book_only=True),
        ),
        rows=tuple(
            (entry.posted_on, entry.counts_on, described(entry), entry.amount, balance, entry.id)
            for entry, balance in zip(account.entries, _running(account), strict=True)
        ),
        nothing="No entry counts in this month.",
    )


_FEW_COLUMNS: Final = (
    Column(heading="Date", kind=Kind.DATE),
    Column(heading="Counts on", kind=Kind.DATE),
    Column(heading="Description", kind=Kind.TEXT),
    Column(heading="Amount", kind=Kind.AMOUNT),
    Column(heading="Entry ID", kind=Kind.WORD, book_only=True),
)


def _outstanding(entries: Sequence[ClosedEntry]) -> Section:
    return Section(
        title="Outstanding",
        columns=_FEW_COLUMNS,
        rows=tuple(
            (each.posted_on, each.counts_on, described(each), plain_amount(each.amount), each.id)
            for each in entries
        ),
        nothing="Nothing was pending.",
    )


def _adjustments(entries: Sequence[ClosedEntry]) -> Section:
    return Section(
        title="Adjustments",
        columns=(
            *_FEW_COLUMNS[:2],
            Column(heading="Reason", kind=Kind.TEXT),
            *_FEW_COLUMNS[3:],
        ),
        rows=tuple(
            (each.posted_on, each.counts_on, each.reason, plain_amount(each.amount), each.id)
            for each in entries
        ),
        nothing="There is no adjustment in this month.",
    )


def _sources(account: ClosedAccount) -> Section:
    return Section(
        title="Source files",
        columns=(
            Column(heading="File", kind=Kind.TEXT),
            Column(heading="SHA-256", kind=Kind.WORD),
        ),
        rows=tuple((each.file_name, each.sha256) for each in account.sources),
        nothing="Nothing of this account was read from a file.",
    )
