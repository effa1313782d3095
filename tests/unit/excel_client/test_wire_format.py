from __future__ import annotations

import msgspec
import pytest

from excel_client.wire_format import ApiKey, LedgerEntry, Profile, SignedUp, share_texts

KEY = "pv_test_" + "a1_-" * 11


def test_a_key_masks_itself() -> None:
    key = ApiKey.read(f" {KEY}\n")
    assert key is not None
    assert key.reveal() == KEY
    assert KEY not in repr(key)
    assert KEY not in f"{key}"


@pytest.mark.parametrize(
    "text", ["", "pv_test_", "pv_prod_" + "a" * 43, "a" * 43, KEY + " x", KEY + "\nX: y", KEY + "é"]
)
def test_what_has_not_the_shape_of_a_key_is_none(text: str) -> None:
    assert ApiKey.read(text) is None


def test_a_new_ledger_does_not_print_its_key() -> None:
    assert KEY not in repr(SignedUp(ledger="ledger", token=KEY))


def test_fields_that_a_later_server_adds_are_ignored() -> None:
    answer = (
        b'{"ledger":"l","ledger_name":"n","role":"owner","scopes":["read"],"environment":"test",'
        b'"epoch":"e","version":3,"mood":"good"}'
    )
    assert msgspec.json.decode(answer, type=Profile).version == 3


def test_a_text_that_comes_again_is_kept_once() -> None:
    page = (
        b'[{"id":"%d","version":1,"account_id":"an account","posted_on":"2026-03-31","amount":"1.50",'
        b'"currency":"USD","description":"d","merchant":"m","category":%b,"notes":"","tags":[],'
        b'"reviewed":false,"status":"posted","removed":false}]'
    )
    texts: dict[str, str] = {}
    entries: list[LedgerEntry] = []
    for number, category in enumerate((b'"Food"', b'"Food"', b"null")):
        decoded = msgspec.json.decode(page % (number, category), type=list[LedgerEntry])
        as_it_came = msgspec.json.decode(page % (number, category), type=list[LedgerEntry])
        share_texts(decoded, texts)
        assert decoded == as_it_came
        entries += decoded
    assert len({id(entry.account_id) for entry in entries}) == 1
    assert [entry.category for entry in entries] == ["Food", "Food", None]
    assert entries[0].category is entries[1].category
