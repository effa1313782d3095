"""The door: formats told apart by content, limits, and the shape other programs read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import pytest

from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.statements.reading import (
    MAX_STATEMENT_BYTES,
    read_statement,
    statement_to_json,
)
from tests.fixtures.statements.make_statement import (
    MadeAccount,
    MadeTransaction,
    many_transactions,
    ofx_statement,
)

STATEMENT = ofx_statement([MadeAccount(account_id="1", transactions=many_transactions(3))])


def refusal(content: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as refused:
        read_statement(content)
    return refused.value


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("statement.ofx", STATEMENT)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \r\n\t\x00\x1a", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (a_zip(), "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "web page"),
        (b"!Type:Bank\nD1/2/2026\nT-5.00\n^\n", "QIF"),
        (b":20:STARTUMS\r\n:25:10020030/1\r\n", "MT940"),
        (
            b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/>',
            "CAMT",
        ),
        (b"<OFC><STMTTRN></OFC>", "OFC"),
        (b"<?xml version='1.0'?><feed/>", "XML"),
        (b'{"accounts": []}', "JSON"),
        (b"Date,Amount\n2026-01-01,5.00\n", "known format"),
        (bytes(range(256)) * 64, "known format"),
        (b"x" * 100_000, "known format"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_it_is(content: bytes, word: str) -> None:
    refused = refusal(content)
    assert word in refused.what
    assert refused.line == 0


def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() -> None:
    full = STATEMENT + b" " * (MAX_STATEMENT_BYTES - len(STATEMENT))
    assert len(read_statement(full).accounts) == 1
    assert "20 MiB" in refusal(full + b" ").what


def test_the_json_shape_is_the_promised_one() -> None:
    made = (
        MadeTransaction(
            posted_on="2026-02-03", amount="-1234.5", bank_id="F-1", name="Harbour", memo="Pier 4"
        ),
        MadeTransaction(posted_on="2026-02-04", amount="+0.00", pending=True),
    )
    content = ofx_statement(
        [
            MadeAccount(account_id="1", transactions=made, closing="10.00"),
            MadeAccount(account_id="", bank_id="", currency=""),
            MadeAccount(account_id="1", transactions=made[:1], closing="-5.00"),
        ]
    )
    first = {
        "date": "2026-02-03",
        "amount": "-1234.5",
        "description": "Harbour - Pier 4",
        "id": "F-1",
        "pending": False,
    }
    second = {
        "date": "2026-02-04",
        "amount": "0.00",
        "description": "",
        "id": None,
        "pending": True,
    }
    shape = statement_to_json(read_statement(content))
    assert shape == {
        "format": "ofx",
        "accounts": [
            {
                "account": "100200300/1",
                "currency": "USD",
                "opening": None,
                "closing": "-5.00",
                "transactions": [first, second, first],
            },
            {
                "account": None,
                "currency": None,
                "opening": None,
                "closing": None,
                "transactions": [],
            },
        ],
        "problems": [],
    }
    assert json.loads(json.dumps(shape)) == shape


def test_problems_have_a_line_and_a_reason_in_json() -> None:
    shape = statement_to_json(read_statement(b"<OFX></OFX>"))
    assert shape == {
        "format": "ofx",
        "accounts": [],
        "problems": [{"line": 0, "what": "the file holds no statement"}],
    }


def test_the_readers_import_nothing_but_the_standard_library_and_their_words() -> None:
    script = (
        "import sys; import server.exact_amounts.statements.reading; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    foreign = {
        name
        for name in answer.stdout.split()
        if not name.startswith(("_", "sitecustomize", "distutils-"))
    }
    assert foreign <= {"server"}
