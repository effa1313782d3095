"""The canaries sing: each form of a value is found, so that a silent test means something."""

from __future__ import annotations

import base64
import hashlib
import random
import sqlite3
import struct
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.privacy.canaries import (
    amount_canary,
    bytes_canary,
    leaks,
    number_canary,
    text_canary,
)

RANDOM = random.Random(20260401)
AMOUNT = amount_canary("amount", RANDOM)
TEXT = text_canary("text", RANDOM)
NUMBER = number_canary("number", RANDOM)
KEY = bytes_canary("key", RANDOM.randbytes(32))
VALUE = Decimal(AMOUNT.value)
CENTS = int(VALUE * 100)


@pytest.mark.parametrize(
    "content",
    [
        AMOUNT.value.encode(),
        f"-{VALUE}0".encode(),
        f"{VALUE:,f}".encode(),
        f"{VALUE:,f}".replace(",", "'").encode(),
        f"{VALUE:,f}".replace(",", " ").replace(".", ",").encode(),
        f"{VALUE:.3e}|{VALUE:e}".encode(),
        repr(VALUE.as_tuple()).encode(),
        msgspec.json.encode(VALUE.as_tuple().digits),
        str(CENTS).encode(),
        str(CENTS * 10).encode(),
        str(CENTS)[::-1].encode(),
        hex(CENTS).encode(),
        AMOUNT.value.encode().hex().encode(),
        AMOUNT.value.encode("utf-16-be"),
        base64.b64encode(b"x" + AMOUNT.value.encode() + b"y"),
        base64.b64encode(b"xx" + AMOUNT.value.encode()),
        struct.pack("<d", float(VALUE)),
        struct.pack(">q", CENTS),
        struct.pack("<q", CENTS * 10),
        msgspec.msgpack.encode({"amount": VALUE, "more": CENTS}),
        msgspec.msgpack.encode(CENTS),
        hashlib.sha256(AMOUNT.value.encode()).digest(),
        hashlib.md5(str(CENTS).encode()).hexdigest().encode(),
    ],
)
def test_an_amount_is_found_in_every_form(content: bytes) -> None:
    assert leaks([AMOUNT], b"before " + content + b" after") == ["amount"]


@pytest.mark.parametrize("value", [AMOUNT.value, float(VALUE), CENTS, CENTS * 10])
def test_an_amount_is_found_in_the_bytes_of_a_database(value: object, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "planted.db")
    connection.execute("CREATE TABLE planted (value ANY) STRICT")
    connection.execute("INSERT INTO planted VALUES (?)", (value,))
    connection.commit()
    connection.close()

    assert leaks([AMOUNT], (tmp_path / "planted.db").read_bytes()) == ["amount"]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.value.encode(),
        TEXT.value.upper().encode(),
        TEXT.value.capitalize().encode(),
        TEXT.value.encode("utf-16-le"),
        TEXT.value.encode().hex().encode(),
        base64.b64encode(b'{"' + TEXT.value.encode() + b'"}'),
        hashlib.sha256(TEXT.value.encode()).hexdigest().upper().encode(),
    ],
)
def test_a_text_is_found_in_every_form(content: bytes) -> None:
    assert leaks([TEXT], b"before " + content + b" after") == ["text"]


def test_the_number_of_an_account_is_found_within_a_longer_one() -> None:
    assert leaks([NUMBER], f"10020030/{NUMBER.value}/EUR".encode()) == ["number"]
    assert leaks([NUMBER], hashlib.sha1(NUMBER.value.encode()).digest()) == ["number"]


def test_a_key_is_found_but_not_its_digest() -> None:
    raw = bytes.fromhex(KEY.value)

    for content in (raw, raw.hex().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        assert leaks([KEY], b"x" + content) == ["key"]
    assert leaks([KEY], hashlib.sha256(raw).digest()) == []


def test_what_is_not_there_is_not_found() -> None:
    assert leaks([AMOUNT, TEXT, NUMBER, KEY], random.Random(5).randbytes(1_000_000)) == []
