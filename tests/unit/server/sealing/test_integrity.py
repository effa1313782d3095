"""Digests of rows: HMAC-SHA256 as everybody knows it, one key and one kind apart from the other."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from hypothesis import given
from hypothesis import strategies as st

from server.sealing.integrity import ROW_MAC_BYTES, RowMacs
from server.sealing.keys import TenantKeys
from server.shared_types.ids import TenantId

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))
OTHER_TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000002"))
FIRST_KEY = bytes(range(32))
KEYS = TenantKeys(tenant_id=TENANT, data_keys={1: FIRST_KEY})


@given(st.lists(st.binary(max_size=300)))
def test_a_digest_is_the_hmac_of_the_kind_and_the_row(rows: list[bytes]) -> None:
    expected = [
        hmac.digest(KEYS._integrity_key(), b"\0\0\0\7entries" + row, hashlib.sha256) for row in rows
    ]

    assert RowMacs(KEYS, b"entries").macs(rows) == expected


def test_a_row_of_another_kind_or_tenant_has_another_digest() -> None:
    other = TenantKeys(tenant_id=OTHER_TENANT, data_keys={1: FIRST_KEY})
    digests = {
        RowMacs(keys, kind).macs([b"row"])[0]
        for keys in (KEYS, other)
        for kind in (b"entries", b"accounts", b"")
    }

    assert len(digests) == 6
    assert {len(digest) for digest in digests} == {ROW_MAC_BYTES}


def test_a_new_data_key_leaves_digests_as_they_are() -> None:
    turned = TenantKeys(tenant_id=TENANT, data_keys={1: FIRST_KEY, 2: bytes(32)}, version=2)

    assert RowMacs(turned, b"entries").macs([b"row"]) == RowMacs(KEYS, b"entries").macs([b"row"])


def test_the_handle_shows_nothing() -> None:
    assert repr(RowMacs(KEYS, b"entries")) == "RowMacs(...)"
