"""
What every piece of evidence is made of: facts, sections of rows, and the words that say where it comes from.

Shapes and exact reading of the server's texts; what stands in a document is decided in `layout` and `late_layout`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal
from enum import Enum, auto, unique
from typing import Final

from excel_client.problems import AnswerNotReadable
from excel_client.wire_format import ClosedEntry, Evidence

__all__ = [
    "EXACT",
    "Column",
    "Document",
    "Fact",
    "Kind",
    "Section",
    "closing_facts",
    "counted",
    "described",
    "origin",
    "plain_amount",
    "read_amount",
    "read_instant",
]

#: Changes when the same answer is laid out otherwise; stands in every file.
_LAYOUT: Final = 1
#: A hundred million amounts of 18 digits and 9 decimals add up exactly.
EXACT: Final = Context(prec=60)
_AMOUNT = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,20})?")


@unique
class Kind(Enum):
    """What a text is, which decides how it is set."""

    TEXT = auto()  # wraps
    WORD = auto()  # short, in one line
    DATE = auto()
    AMOUNT = auto()
    #: A proof's word.
    VERDICT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the summary."""

    label: str
    text: str
    kind: Kind = Kind.TEXT
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a section."""

    heading: str
    kind: Kind
    #: Whether only the workbook has room for it.
    book_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of one kind; every row has a text per column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    #: What is said in place of rows.
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One piece of evidence."""

    title: str
    #: Whose it is, and of which month: on every page.
    subject: str
    month: str
    #: Where it comes from: on every page too.
    origin: str
    #: The instant that the files carry as theirs, in UTC.
    made_at: datetime
    facts: tuple[Fact, ...] = field(repr=False)
    sections: tuple[Section, ...] = field(repr=False)


def read_amount(text: str) -> Decimal:
    """Return an amount; raise AnswerNotReadable for what is none."""
    return Decimal(plain_amount(text))


def plain_amount(text: str) -> str:
    """Return an amount's own text; raise AnswerNotReadable for what is none."""
    if not _AMOUNT.fullmatch(text):
        raise AnswerNotReadable
    return text


def read_instant(text: str) -> datetime:
    """Return an instant in UTC, to the second; raise AnswerNotReadable for what is none."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise AnswerNotReadable from None
    if told.tzinfo is None:
        raise AnswerNotReadable
    return told.astimezone(UTC).replace(microsecond=0)


def counted(count: int, word: str, plural: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {word if count == 1 else plural}"


def _moment(text: str) -> str:
    return read_instant(text).strftime("%Y-%m-%d %H:%M:%S UTC")


def closing_facts(evidence: Evidence) -> tuple[Fact, ...]:
    """Return who closed the month, when, and in which state of the ledger."""
    return (
        Fact(label="Closed by", text=evidence.closed_by),
        Fact(label="Closed at", text=_moment(evidence.closed_at), kind=Kind.WORD),
        Fact(label="Ledger", text=evidence.ledger, kind=Kind.WORD),
        Fact(
            label="Version",
            text=str(evidence.version),
            kind=Kind.WORD,
            note="of the ledger, at which the month was frozen",
        ),
    )


def origin(evidence: Evidence) -> str:
    """Return what says where a page comes from."""
    return (
        f"Ledger {evidence.ledger}, version {evidence.version}, "
        f"closed {_moment(evidence.closed_at)}; layout {_LAYOUT}"
    )


def described(entry: ClosedEntry) -> str:
    """Return an entry's description, with the reason of an adjustment."""
    return f"{entry.description}: {entry.reason}" if entry.reason else entry.description
