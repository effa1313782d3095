"""Input made to break a reader: it is refused, or harmless, quickly, and an error repeats nothing of it."""

from __future__ import annotations

import contextlib
import time

import pytest

from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.statements.reading import read_statement
from tests.fixtures.statements.make_statement import (
    Dialect,
    MadeAccount,
    MadeTransaction,
    many_transactions,
    ofx_statement,
)

BEFORE = b"<OFX><BANKMSGSRSV1><STMTRS><CURDEF>USD<BANKTRANLIST>"
AFTER = b"</BANKTRANLIST></STMTRS></BANKMSGSRSV1></OFX>"
OPEN_TRANSACTION = b"<STMTTRN><DTPOSTED>20260203<TRNAMT>1.00"
MANY = 100_000

HOSTILE = {
    "unknown tags": BEFORE + b"<A>" * MANY + AFTER,
    "nested tags": BEFORE + b"<A>" * MANY + b"</A>" * MANY + AFTER,
    "angle brackets": BEFORE + b"<" * MANY + AFTER,
    "tags without an end": BEFORE + b"<A " * MANY + AFTER,
    "open comments": BEFORE + b"<!--" * MANY,
    "comments": BEFORE + b"<!---->" * MANY + AFTER,
    "open transactions": BEFORE + b"<STMTTRN>" * MANY + AFTER,
    "half closing tags": BEFORE + b"</STMTTRN" * MANY + AFTER,
    "empty statements": b"<OFX>" + b"<STMTRS></STMTRS>" * MANY + b"</OFX>",
    "nested in a transaction": BEFORE
    + OPEN_TRANSACTION
    + b"".join(b"<A%d>" % number for number in range(MANY))
    + b"".join(b"</A%d>" % number for number in reversed(range(MANY)))
    + b"</STMTTRN>"
    + AFTER,
    "a repeated element": BEFORE + OPEN_TRANSACTION + b"<MEMO>x" * MANY + b"</STMTTRN>" + AFTER,
    "a line of a megabyte": BEFORE
    + OPEN_TRANSACTION
    + b"<MEMO>"
    + b"x" * 1_000_000
    + b"</STMTTRN>"
    + AFTER,
    "a long amount": BEFORE
    + b"<STMTTRN><DTPOSTED>20260203<TRNAMT>"
    + b"9" * 1_000_000
    + b"</STMTTRN>"
    + AFTER,
    "ampersands": BEFORE + OPEN_TRANSACTION + b"<MEMO>" + b"&#x41" * MANY + b"</STMTTRN>" + AFTER,
    "doubtful amounts": BEFORE
    + b"<STMTTRN><DTPOSTED>20260203<TRNAMT>1,234</STMTTRN>" * MANY
    + AFTER,
    "zeros": b"<OFX>" + b"\x00" * 1_000_000,
    "many balances": BEFORE[:-14] + b"<LEDGERBAL>" * MANY + b"</STMTRS></OFX>",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_answered_quickly(content: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(StatementRefused):
        read_statement(content)
    assert time.process_time() - started < 5


def test_an_entity_bomb_is_refused() -> None:
    levels = "".join(f'<!ENTITY e{level + 1} "{f"&e{level};" * 10}">\n' for level in range(30))
    bomb = f'<?xml version="1.0"?>\n<!DOCTYPE OFX [\n<!ENTITY e0 "ha">\n{levels}]>\n<OFX><NAME>&e30;</NAME></OFX>'
    with pytest.raises(StatementRefused) as refused:
        read_statement(bomb.encode())
    assert (refused.value.line, refused.value.what) == (3, "the file declares entities")


def test_an_external_document_type_is_not_opened_and_its_entities_stay_text() -> None:
    content = ofx_statement([MadeAccount(account_id="1", transactions=many_transactions(1))])
    content = b'<!DOCTYPE OFX SYSTEM "file:///etc/passwd">' + content.replace(
        b"<MEMO>", b"<MEMO>&xxe; "
    )
    (account,) = read_statement(content).accounts
    assert "&xxe;" in account.statements[0].transactions[0].description


def test_zeros_within_a_statement_never_reach_a_text() -> None:
    content = ofx_statement([MadeAccount(account_id="1", transactions=many_transactions(2))])
    (account,) = read_statement(content.replace(b"CARD", b"CA\x00RD") + b"\x00" * 512).accounts
    assert all(
        "\x00" not in transaction.description for transaction in account.statements[0].transactions
    )


@pytest.mark.parametrize("dialect", [Dialect(), Dialect(xml=True, declared_charset="UTF-8")])
def test_a_file_cut_at_any_place_is_refused_or_reported(dialect: Dialect) -> None:
    account = MadeAccount(account_id="1", transactions=many_transactions(3), closing="5.00")
    whole = ofx_statement([account, account], dialect=dialect).rstrip()
    for length in range(len(whole)):
        try:
            file = read_statement(whole[:length])
        except StatementRefused:
            continue
        assert file.accounts == ()
        assert file.problems


@pytest.mark.parametrize(
    "damage",
    [
        (b"271828.18", b"271828.1x8"),
        (b"20260203", b"20260299"),
        (b"</STMTTRN>", b"</STMTRN>"),
        (b"<TRNAMT>", b"<AMT>"),
    ],
)
def test_a_refusal_names_a_line_and_nothing_of_the_file(damage: tuple[bytes, bytes]) -> None:
    made = MadeTransaction(
        posted_on="2026-02-03", amount="-271828.18", name="Canary Quilts", bank_id="CNRY-1"
    )
    content = ofx_statement([MadeAccount(account_id="31415926", transactions=(made,))]).replace(
        *damage
    )
    with pytest.raises(StatementRefused) as refused:
        read_statement(content)
    assert refused.value.line > 0
    said = f"{refused.value} {refused.value.what} {refused.value.place()}"
    for secret in ("271828", "Canary", "CNRY", "31415926"):
        assert secret not in said
    assert refused.value.__cause__ is None
