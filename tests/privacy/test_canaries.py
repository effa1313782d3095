"""The canaries sing: each form of a value is found, so that a silent test means something."""

from __future__ import annotations

import base64
import random
import struct
from decimal import Decimal

import pytest

from tests.privacy.canaries import amount_canary, leaks, text_canary

RANDOM = random.Random(20260401)
AMOUNT = amount_canary("amount", RANDOM)
TEXT = text_canary("text", RANDOM)
VALUE = Decimal(AMOUNT.value)


@pytest.mark.parametrize(
    "content",
    [
        AMOUNT.value.encode(),
        f"{VALUE:,f}".encode(),
        str(int(VALUE * 100)).encode(),
        AMOUNT.value.encode().hex().encode(),
        base64.b64encode(b"x" + AMOUNT.value.encode() + b"y"),
        base64.b64encode(b"xx" + AMOUNT.value.encode()),
        struct.pack("<d", float(VALUE)),
        struct.pack(">q", int(VALUE * 100)),
    ],
)
def test_an_amount_is_found_in_every_form(content: bytes) -> None:
    assert leaks([AMOUNT], b"before " + content + b" after") == ["amount"]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.value.encode(),
        TEXT.value.encode("utf-16-le"),
        TEXT.value.encode().hex().encode(),
        base64.b64encode(b'{"' + TEXT.value.encode() + b'"}'),
    ],
)
def test_a_text_is_found_in_every_form(content: bytes) -> None:
    assert leaks([TEXT], b"before " + content + b" after") == ["text"]


def test_what_is_not_there_is_not_found() -> None:
    assert leaks([AMOUNT, TEXT], random.Random(5).randbytes(100_000)) == []
