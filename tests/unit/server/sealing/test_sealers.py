"""What a sealed record promises: it opens in its own place only, unchanged, and tells nothing else."""

from __future__ import annotations

import copy
import json
import pickle
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sealing.amounts import AmountPlace, AmountSealer
from server.sealing.contexts import Context
from server.sealing.identifiers import IdentifierMac
from server.sealing.keys import TenantKeyRing, TenantKeys
from server.sealing.master_keys import MasterKey, OneMasterKey
from server.sealing.problems import SealBroken
from server.sealing.records import NO_ACCOUNT
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.ids import TenantId

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))
OTHER_TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000002"))
ROW = uuid.UUID("019a0000-0000-7000-8000-000000000003")
ACCOUNT = uuid.UUID("019a0000-0000-7000-8000-000000000004")
FIRST_KEY = bytes(range(32))
SECOND_KEY = bytes(range(32, 64))

KEYS = TenantKeys(tenant_id=TENANT, data_keys={1: FIRST_KEY})
PLACE = AmountPlace(
    tenant_id=TENANT,
    row_id=ROW,
    row_version=7,
    account_id=ACCOUNT,
    currency="EUR",
    stated_on="2026-03-31",
)
TEXT_PLACE = TextPlace(tenant_id=TENANT, row_id=ROW, row_version=7)

ids = st.uuids()
#: Currencies and dates of every length: the record must not confuse where one ends.
words = st.text(max_size=12)
amount_places = st.builds(
    AmountPlace,
    tenant_id=st.just(TENANT),
    row_id=ids,
    row_version=st.integers(0, 2**63 - 1),
    account_id=ids,
    currency=words | st.just("EUR"),
    stated_on=words | st.just("2026-03-31"),
)


@given(plaintext=st.binary(max_size=100), place=amount_places)
def test_what_was_sealed_opens_in_its_place(plaintext: bytes, place: AmountPlace) -> None:
    sealed = AmountSealer(KEYS).seal(plaintext, Context.ENTRY_AMOUNT, place)
    assert AmountSealer(KEYS).open(sealed, Context.ENTRY_AMOUNT, place) == plaintext


@given(one=amount_places, other=amount_places)
def test_a_record_opens_in_no_other_place(one: AmountPlace, other: AmountPlace) -> None:
    if one == other:
        return
    sealed = AmountSealer(KEYS).seal(b"1.00", Context.ENTRY_AMOUNT, one)
    with pytest.raises(SealBroken):
        AmountSealer(KEYS).open(sealed, Context.ENTRY_AMOUNT, other)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, tenant_id=OTHER_TENANT),
        replace(PLACE, row_id=ACCOUNT),
        replace(PLACE, row_version=8),
        replace(PLACE, account_id=ROW),
        replace(PLACE, currency="USD"),
        replace(PLACE, currency="EUR2"),
        replace(PLACE, stated_on="2026-04-01"),
        replace(PLACE, currency="EU", stated_on="R2026-03-31"),
        replace(PLACE, row_id=ACCOUNT, account_id=ROW),
    ],
    ids=str,
)
def test_each_part_of_the_place_is_bound(elsewhere: AmountPlace) -> None:
    sealed = AmountSealer(KEYS).seal(b"1.00", Context.ENTRY_AMOUNT, PLACE)
    with pytest.raises(SealBroken):
        AmountSealer(KEYS).open(sealed, Context.ENTRY_AMOUNT, elsewhere)


@given(st.data())
def test_a_change_of_any_byte_is_seen(data: st.DataObject) -> None:
    sealed = AmountSealer(KEYS).seal(b"1234.56", Context.ENTRY_AMOUNT, PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    change = data.draw(st.integers(1, 255))
    changed = sealed[:at] + bytes([sealed[at] ^ change]) + sealed[at + 1 :]
    with pytest.raises(SealBroken):
        AmountSealer(KEYS).open(changed, Context.ENTRY_AMOUNT, PLACE)


def test_every_single_bit_counts() -> None:
    sealed = AmountSealer(KEYS).seal(b"1234.56", Context.ENTRY_AMOUNT, PLACE)
    sealer = AmountSealer(KEYS)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            sealer.open(bytes(changed), Context.ENTRY_AMOUNT, PLACE)


def test_a_shortened_or_lengthened_record_does_not_open() -> None:
    sealed = AmountSealer(KEYS).seal(b"1234.56", Context.ENTRY_AMOUNT, PLACE)
    for wrong in [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0"]:
        with pytest.raises(SealBroken):
            AmountSealer(KEYS).open(wrong, Context.ENTRY_AMOUNT, PLACE)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_do_not_open(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        AmountSealer(KEYS).open(garbage, Context.ENTRY_AMOUNT, PLACE)
    with pytest.raises(SealBroken):
        TextSealer(KEYS).open(garbage, Context.ENTRY_TEXT, TEXT_PLACE)


def test_an_amount_does_not_pass_for_a_balance() -> None:
    sealed = AmountSealer(KEYS).seal(b"1.00", Context.ENTRY_AMOUNT, PLACE)
    for context in set(Context) - {Context.ENTRY_AMOUNT}:
        with pytest.raises(SealBroken):
            AmountSealer(KEYS).open(sealed, context, PLACE)


def test_the_texts_key_does_not_open_amounts() -> None:
    sealed = AmountSealer(KEYS).seal(b"1.00", Context.ENTRY_AMOUNT, PLACE)
    place = TextPlace(
        tenant_id=TENANT,
        row_id=ROW,
        row_version=7,
        account_id=ACCOUNT,
        currency="EUR",
        stated_on="2026-03-31",
    )
    with pytest.raises(SealBroken):
        TextSealer(KEYS).open(sealed, Context.ENTRY_AMOUNT, place)


def test_another_tenant_s_keys_do_not_open_it() -> None:
    sealed = AmountSealer(KEYS).seal(b"1.00", Context.ENTRY_AMOUNT, PLACE)
    # Even with the same data key: what is derived from it is derived for the tenant.
    other = AmountSealer(TenantKeys(tenant_id=OTHER_TENANT, data_keys={1: FIRST_KEY}))
    for place in (PLACE, replace(PLACE, tenant_id=OTHER_TENANT)):
        with pytest.raises(SealBroken):
            other.open(sealed, Context.ENTRY_AMOUNT, place)


@given(
    st.decimals(min_value=-(10**15), max_value=10**15, places=4, allow_nan=False),
    st.decimals(min_value=-1, max_value=1, places=2, allow_nan=False),
)
def test_the_length_does_not_tell_the_number_of_digits(large: Any, small: Any) -> None:
    sealer = AmountSealer(KEYS)
    lengths = {
        len(sealer.seal(f"{amount:f}".encode(), Context.ENTRY_AMOUNT, PLACE))
        for amount in (large, small)
    }
    assert lengths == {1 + 4 + 12 + 32 + 16}


@given(st.binary(max_size=300))
def test_texts_grow_in_steps(text: bytes) -> None:
    sealed = TextSealer(KEYS).seal(text, Context.ENTRY_TEXT, TEXT_PLACE)
    padded = len(sealed) - 1 - 4 - 12 - 16
    assert padded % 64 == 0
    assert len(text) < padded <= len(text) + 64
    assert TextSealer(KEYS).open(sealed, Context.ENTRY_TEXT, TEXT_PLACE) == text


def test_the_same_amount_is_never_sealed_the_same() -> None:
    sealer = AmountSealer(KEYS)
    sealed = {sealer.seal(b"1.00", Context.ENTRY_AMOUNT, PLACE) for _ in range(1000)}
    assert len({record[5:17] for record in sealed}) == 1000
    assert len({record[17:] for record in sealed}) == 1000


def test_many_rows_are_the_same_records() -> None:
    sealer, texts = AmountSealer(KEYS), TextSealer(KEYS)
    at = (ROW.bytes, 7, ACCOUNT.bytes, "EUR", "2026-03-31")
    (sealed,) = sealer.seal_rows(Context.ENTRY_AMOUNT, [(b"1.00", *at)])
    assert sealer.open(sealed, Context.ENTRY_AMOUNT, PLACE) == b"1.00"
    one = sealer.seal(b"2.00", Context.ENTRY_AMOUNT, PLACE)
    assert sealer.open_rows(Context.ENTRY_AMOUNT, [(sealed, *at), (one, *at)]) == [b"1.00", b"2.00"]
    text = texts.seal(b"name", Context.ACCOUNT_NAME, TEXT_PLACE)
    row = (text, ROW.bytes, 7, NO_ACCOUNT, "", "")
    assert texts.open_rows(Context.ACCOUNT_NAME, [row]) == [b"name"]
    with pytest.raises(SealBroken):
        sealer.open_rows(
            Context.ENTRY_AMOUNT, [(sealed, *at), (one[:-1] + bytes([one[-1] ^ 1]), *at)]
        )


def test_old_key_versions_open_and_new_records_take_the_newest() -> None:
    old = AmountSealer(KEYS).seal(b"old", Context.ENTRY_AMOUNT, PLACE)
    turned = TenantKeys(tenant_id=TENANT, data_keys={1: FIRST_KEY, 2: SECOND_KEY})
    sealer = AmountSealer(turned)
    assert sealer.key_version == 2
    assert sealer.open(old, Context.ENTRY_AMOUNT, PLACE) == b"old"
    new = sealer.seal(b"new", Context.ENTRY_AMOUNT, PLACE)
    assert new[:5] == b"\x01\0\0\0\x02"
    with pytest.raises(SealBroken):
        AmountSealer(KEYS).open(new, Context.ENTRY_AMOUNT, PLACE)
    assert IdentifierMac(turned).mac("number", "1") == IdentifierMac(KEYS).mac("number", "1")


def test_the_record_s_bytes_never_change() -> None:
    """A literal record: what was written by this version must open in every later one."""
    keys = TenantKeys(tenant_id=TENANT, data_keys={1: FIRST_KEY}, random_bytes=bytes)
    sealed = AmountSealer(keys).seal(b"-1234.56", Context.ENTRY_AMOUNT, PLACE)
    assert sealed.hex() == RECORD
    text = TextSealer(keys).seal("Café".encode(), Context.ENTRY_TEXT, TEXT_PLACE)
    assert text.hex() == TEXT_RECORD
    assert IdentifierMac(keys).mac("number", b"DE00", "EUR").hex() == MAC


RECORD = (
    "010000000100000000000000000000000034cd14c1a0a969bf3daec11dfe63696ba5454d478c2e78"
    "42ffa95750b407cb6b15c1c0f7b98dfd06c6aaf3d0dd6f5c48"
)
TEXT_RECORD = (
    "010000000100000000000000000000000058c0f0468da72ad8bd39e8a741550a26478166a3c44a01"
    "e19ab38499c7e92bfaa38900e0efae5f7f37f934aa18e11b7535f40e0cec95fa2b6a392a7070fc38"
    "a8c2e92a063839514867eb2f1d43a62e63"
)
MAC = "9493730639e249453fcda964b2304fa7d8e0f4a6d8f5ad0b68927089317bfe7a"


parts = st.lists(st.binary(max_size=20), max_size=4)


@given(parts, parts)
def test_sums_are_equal_for_equal_parts_only(one: list[bytes], other: list[bytes]) -> None:
    mac = IdentifierMac(KEYS).mac
    assert (mac(*one) == mac(*other)) == (one == other)


def test_parts_do_not_run_into_each_other() -> None:
    mac = IdentifierMac(KEYS).mac
    assert len({mac("ab", "c"), mac("a", "bc"), mac("abc"), mac("abc", ""), mac("", "abc")}) == 5


def test_a_sum_is_another_in_another_tenant() -> None:
    other = TenantKeys(tenant_id=OTHER_TENANT, data_keys={1: FIRST_KEY})
    assert IdentifierMac(KEYS).mac("a") != IdentifierMac(other).mac("a")


SECRETIVE: list[Callable[[], object]] = [
    lambda: KEYS,
    lambda: AmountSealer(KEYS),
    lambda: TextSealer(KEYS),
    lambda: IdentifierMac(KEYS),
    lambda: MasterKey(FIRST_KEY),
    lambda: OneMasterKey(MasterKey(FIRST_KEY)),
    lambda: TenantKeyRing(OneMasterKey(MasterKey(FIRST_KEY))),
    lambda: AmountSealer(KEYS)._box,
]


@pytest.mark.parametrize("make", SECRETIVE)
def test_what_holds_a_key_shows_nothing_and_is_not_copied(make: Callable[[], object]) -> None:
    secretive = make()
    masked = f"{type(secretive).__name__}(...)"
    assert {repr(secretive), str(secretive), f"{secretive}", f"{secretive:>5}"} == {masked}
    for take in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            take(secretive)
    with pytest.raises(TypeError):
        secretive.__getstate__()
    assert not hasattr(secretive, "__dict__")


def test_keys_offer_no_public_way_to_a_key() -> None:
    assert {name for name in dir(KEYS) if not name.startswith("_")} == {"tenant_id", "version"}
