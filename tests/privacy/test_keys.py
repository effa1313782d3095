"""
Ring three: keys. Each purpose has a key and a handle of its own, and a record opens in its own place only.

The boundary: what is walked here is the state of an object, its private attributes included. The handles of texts and
identifiers reach no key of amounts at all. `TenantKeys` itself holds them, as ciphers that can't be read, behind a
private name; the ring of keys and the master key can open anything. That nobody outside of the sealing room touches
those names is held by ring one (import contracts), by the linter (SLF001) and by
`tests/integration/server/sealing/test_ways_to_keys.py`. Native code and a debugger are outside of every ring.
"""

from __future__ import annotations

import functools
import gc
import sys
import types
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import server.app
from server.identity.sealed_words import SealedWords
from server.sealing import keys as keys_module
from server.sealing.amounts import AmountPlace, AmountSealer
from server.sealing.contexts import FIRST_TEXT_CONTEXT, Context
from server.sealing.derivation import derive_key
from server.sealing.identifiers import IdentifierMac
from server.sealing.keys import Purpose, TenantKeys
from server.sealing.problems import SealBroken
from server.sealing.records import RecordBox
from server.sealing.texts import TextPlace, TextSealer
from server.shared_types.ids import TenantId

TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000001"))
OTHER_TENANT = TenantId(uuid.UUID("019a0000-0000-7000-8000-000000000002"))
ROW = uuid.UUID("019a0000-0000-7000-8000-000000000003")
ACCOUNT = uuid.UUID("019a0000-0000-7000-8000-000000000004")
DATA_KEY = bytes(range(100, 132))

AMOUNT_PLACE = AmountPlace(
    tenant_id=TENANT,
    row_id=ROW,
    row_version=7,
    account_id=ACCOUNT,
    currency="EUR",
    stated_on="2026-03-31",
)
TEXT_PLACE = TextPlace(
    tenant_id=TENANT,
    row_id=ROW,
    row_version=7,
    account_id=ACCOUNT,
    currency="EUR",
    stated_on="2026-03-31",
)
AMOUNT_CONTEXTS = [context for context in Context if context < FIRST_TEXT_CONTEXT]
TEXT_CONTEXTS = [context for context in Context if context >= FIRST_TEXT_CONTEXT]


def keys_of(tenant: TenantId = TENANT) -> TenantKeys:
    """The same data key for every tenant: what keeps tenants apart must not be luck."""
    return TenantKeys(tenant_id=tenant, data_keys={1: DATA_KEY})


def opens(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except SealBroken:
        return False
    return True


def crossings(keys: TenantKeys) -> list[str]:
    """Every way in which a record, or a key, of one purpose serves another one; none, as long as all is well."""
    amounts, texts = AmountSealer(keys), TextSealer(keys)
    found = []
    for context in AMOUNT_CONTEXTS:
        sealed = amounts.seal(b"1234.56", context, AMOUNT_PLACE)
        found += [
            f"{context.name} opens as text {other.name}"
            for other in Context
            if opens(functools.partial(texts.open, sealed, other, TEXT_PLACE))
        ]
    for context in TEXT_CONTEXTS:
        sealed = texts.seal(b"Coffee", context, TEXT_PLACE)
        found += [
            f"{context.name} opens as amount {other.name}"
            for other in Context
            if opens(functools.partial(amounts.open, sealed, other, AMOUNT_PLACE))
        ]
    for handle in (texts, IdentifierMac(keys)):
        found += [
            f"{type(handle).__name__} reaches the amounts key by {way}"
            for way in ways_to_amounts(handle, keys)
        ]
    if is_key_of_amounts(keys._identifiers_key(), keys):
        found.append("the identifiers key opens amounts")
    return found


def cipher_opens_amounts(cipher: AESGCM, keys: TenantKeys) -> bool:
    sealed = AmountSealer(keys).seal(b"1.00", Context.ENTRY_AMOUNT, AMOUNT_PLACE)
    box = RecordBox(
        tenant=keys.tenant_id.bytes, ciphers={1: cipher}, version=1, block=32, random_bytes=bytes
    )
    place = (ROW.bytes, 7, ACCOUNT.bytes, "EUR", "2026-03-31")
    return opens(lambda: box.open(sealed, Context.ENTRY_AMOUNT, place))


def is_key_of_amounts(material: bytes, keys: TenantKeys) -> bool:
    """Whether bytes are the amounts key, or a key that it is derived from."""
    if len(material) != 32:
        return False
    derived = keys_module._purpose_key(material, Purpose.AMOUNTS, keys.tenant_id, 1)
    return any(cipher_opens_amounts(AESGCM(key), keys) for key in (material, derived))


def parts_of(thing: object) -> Iterator[tuple[str, object]]:
    """The state of an object: its attributes, its items, what it is bound to and what it closes over."""
    if isinstance(thing, type | types.ModuleType):
        return
    names = {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())}
    for name in sorted(names | set(getattr(thing, "__dict__", ()))):
        if hasattr(thing, name):
            yield f".{name}", getattr(thing, name)
    if isinstance(thing, types.FunctionType):
        for cell in thing.__closure__ or ():
            yield " closure", cell.cell_contents
        return
    if isinstance(thing, dict):
        yield from ((f"[{key!r}]", value) for key, value in thing.items())
    # What no name leads to: items of containers, and what built-in types refer to.
    for part in gc.get_referents(thing):
        yield " part", part


def ways_to_amounts(root: object, keys: TenantKeys) -> list[str]:
    """Return the paths from an object to whatever opens amounts."""
    seen: set[int] = set()
    kept: list[object] = []  # An object that is gone would leave its id to another one.
    waiting: deque[tuple[str, object]] = deque([("", root)])
    found = []
    while waiting:
        path, thing = waiting.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        kept.append(thing)
        if isinstance(thing, AESGCM) and cipher_opens_amounts(thing, keys):
            found.append(path)
        if isinstance(thing, bytes | bytearray) and is_key_of_amounts(bytes(thing), keys):
            found.append(f"{path} as bytes")
        waiting += [(path + step, part) for step, part in parts_of(thing)]
    return found


def test_no_purpose_s_record_or_key_serves_another_one() -> None:
    assert crossings(keys_of()) == []


def test_each_purpose_has_its_own_key() -> None:
    material = {
        keys_module._purpose_key(DATA_KEY, purpose, tenant, version)
        for purpose in Purpose
        for tenant in (TENANT, OTHER_TENANT)
        for version in (1, 2)
    }

    assert len(material) == len(Purpose) * 2 * 2
    assert DATA_KEY not in material


ELSEWHERE: dict[str, dict[str, Any]] = {
    "tenant": {"tenant_id": OTHER_TENANT},
    "row": {"row_id": ACCOUNT},
    "version": {"row_version": 8},
    "earlier version": {"row_version": 6},
    "account": {"account_id": ROW},
    "currency": {"currency": "USD"},
    "date": {"stated_on": "2026-04-01"},
}


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_a_record_of_another_place_does_not_open(change: dict[str, Any]) -> None:
    amount_place, text_place = replace(AMOUNT_PLACE, **change), replace(TEXT_PLACE, **change)
    elsewhere = keys_of(amount_place.tenant_id)
    amount = AmountSealer(elsewhere).seal(b"1.00", Context.ENTRY_AMOUNT, amount_place)
    text = TextSealer(elsewhere).seal(b"Coffee", Context.ENTRY_TEXT, text_place)

    for keys in (keys_of(), elsewhere):
        with pytest.raises(SealBroken):
            AmountSealer(keys).open(amount, Context.ENTRY_AMOUNT, AMOUNT_PLACE)
        with pytest.raises(SealBroken):
            TextSealer(keys).open(text, Context.ENTRY_TEXT, TEXT_PLACE)
    assert AmountSealer(elsewhere).open(amount, Context.ENTRY_AMOUNT, amount_place) == b"1.00"
    assert TextSealer(elsewhere).open(text, Context.ENTRY_TEXT, text_place) == b"Coffee"


def test_a_tenant_s_bytes_in_another_tenant_s_place_do_not_open() -> None:
    place = (ROW.bytes, 7, ACCOUNT.bytes, "EUR", "2026-03-31")
    amount = AmountSealer(keys_of()).seal(b"1.00", Context.ENTRY_AMOUNT, AMOUNT_PLACE)

    with pytest.raises(SealBroken):
        AmountSealer(keys_of(OTHER_TENANT)).open_rows(Context.ENTRY_AMOUNT, [(amount, *place)])


def test_the_handles_of_other_purposes_reach_no_key_of_amounts() -> None:
    keys = keys_of()

    for handle in (TextSealer(keys), IdentifierMac(keys), SealedWords(keys)):
        assert ways_to_amounts(handle, keys) == []


def test_the_keys_of_a_tenant_hold_amounts_behind_one_private_name_and_not_as_bytes() -> None:
    keys = keys_of()
    ways = ways_to_amounts(keys, keys)

    assert ways
    assert all(way.startswith("._ciphers") for way in ways)
    assert not any(way.endswith("as bytes") for way in ways)
    public = [getattr(keys, name) for name in dir(keys) if not name.startswith("_")]
    assert [way for part in public for way in ways_to_amounts(part, keys)] == []


def test_the_handle_of_amounts_does_not_hold_its_key_as_bytes() -> None:
    keys = keys_of()
    ways = ways_to_amounts(AmountSealer(keys), keys)

    assert ways
    assert not any(way.endswith("as bytes") for way in ways)


def test_no_module_of_the_server_keeps_a_key_of_its_own() -> None:
    """A registry in a module would be a way around every handle."""
    assert server.app in sys.modules.values()
    keepers = [
        f"{module_name}.{name}"
        for module_name, module in list(sys.modules.items())
        if module_name.split(".")[0] == "server"
        for name, value in vars(module).items()
        if isinstance(value, TenantKeys | AESGCM | AmountSealer | TextSealer | RecordBox)
    ]
    assert keepers == []


def test_the_ring_catches_one_key_for_both_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_key(data_key: bytes, _purpose: Purpose, tenant: uuid.UUID, version: int) -> bytes:
        return derive_key(data_key, b"any purpose" + tenant.bytes + bytes([version]))

    monkeypatch.setattr(keys_module, "_purpose_key", one_key)

    caught = crossings(keys_of())

    assert "ENTRY_AMOUNT opens as text ENTRY_AMOUNT" in caught
    assert "ENTRY_TEXT opens as amount ENTRY_TEXT" in caught
    assert "the identifiers key opens amounts" in caught


def test_the_ring_catches_a_handle_of_texts_that_borrows_the_amounts_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Borrowing(TextSealer):
        __slots__ = ()

        def __init__(self, keys: TenantKeys) -> None:
            super().__init__(keys)
            self._box = keys._record_box(Purpose.AMOUNTS, 64)

    monkeypatch.setattr(sys.modules[__name__], "TextSealer", Borrowing)

    assert any("Borrowing reaches the amounts key" in way for way in crossings(keys_of()))


def test_the_ring_catches_a_handle_that_keeps_the_keys_it_was_made_of() -> None:
    class Keeping(IdentifierMac):
        __slots__ = ("made_of",)

        def __init__(self, keys: TenantKeys) -> None:
            super().__init__(keys)
            self.made_of = lambda: keys

    keys = keys_of()

    assert any(way.startswith(".made_of") for way in ways_to_amounts(Keeping(keys), keys))


def test_the_ring_catches_a_data_key_that_is_not_forgotten() -> None:
    class Remembering(TenantKeys):
        __slots__ = ("data_key",)
        data_key: bytes

    keys = Remembering(tenant_id=TENANT, data_keys={1: DATA_KEY})
    keys.data_key = DATA_KEY

    assert ".data_key as bytes" in ways_to_amounts(keys, keys)
