"""Wrapping tenants' data keys: nothing opens outside of its place."""

from __future__ import annotations

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sealing.master_keys import MasterKey, OneMasterKey, decode_master_key
from server.sealing.problems import MasterKeyMalformed, MasterKeyUnknown, SealBroken

MASTER = MasterKey(bytes(range(32)))
TENANT = uuid.UUID("019a0000-0000-7000-8000-000000000001")
DATA_KEY = bytes(range(100, 132))
WRAPPED = MASTER.wrap(DATA_KEY, TENANT, 1, bytes(12))


def test_a_wrapped_key_is_unwrapped_in_its_place() -> None:
    assert MASTER.unwrap(WRAPPED, TENANT, 1) == DATA_KEY
    assert DATA_KEY not in WRAPPED
    assert len(WRAPPED) == 1 + 12 + 32 + 16


@pytest.mark.parametrize(
    ("tenant", "version"),
    [(TENANT, 2), (uuid.UUID(int=TENANT.int ^ 1), 1)],
    ids=["version", "tenant"],
)
def test_in_another_place_it_does_not_open(tenant: uuid.UUID, version: int) -> None:
    with pytest.raises(SealBroken):
        MASTER.unwrap(WRAPPED, tenant, version)


def test_another_master_key_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        MasterKey(bytes(32)).unwrap(WRAPPED, TENANT, 1)


@given(at=st.integers(0, len(WRAPPED) - 1), change=st.integers(1, 255))
def test_a_change_of_any_byte_is_seen(at: int, change: int) -> None:
    changed = WRAPPED[:at] + bytes([WRAPPED[at] ^ change]) + WRAPPED[at + 1 :]
    with pytest.raises(SealBroken):
        MASTER.unwrap(changed, TENANT, 1)


@pytest.mark.parametrize("length", range(len(WRAPPED)))
def test_a_shortened_one_does_not_open(length: int) -> None:
    with pytest.raises(SealBroken):
        MASTER.unwrap(WRAPPED[:length], TENANT, 1)


def test_the_id_tells_keys_apart_and_shows_nothing() -> None:
    assert MASTER.master_key_id != MasterKey(bytes(32)).master_key_id
    assert MASTER.master_key_id == MasterKey(bytes(range(32))).master_key_id
    assert len(MASTER.master_key_id) == 16
    assert bytes.fromhex(MASTER.master_key_id) not in bytes(range(32))


def test_a_provider_knows_its_own_key_only() -> None:
    provider = OneMasterKey(MASTER)
    assert provider.current() is provider.find(MASTER.master_key_id)
    with pytest.raises(MasterKeyUnknown):
        provider.find("0" * 16)


def test_a_key_is_read_from_base64() -> None:
    text = base64.b64encode(bytes(range(32))).decode()
    assert decode_master_key(f" {text}\n").master_key_id == MASTER.master_key_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "not base64!",
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        "é",
    ],
)
def test_another_length_or_alphabet_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(MasterKeyMalformed) as caught:
        decode_master_key(text)
    assert str(caught.value) == MasterKeyMalformed.sentence()
    assert caught.value.__cause__ is None
