"""
The algorithms below every record and digest, AES-GCM, HKDF-SHA256 and HMAC-SHA256, against published vectors.

The literals are RFC 5869 A.1 and A.3, RFC 4231 and NIST's GCM test case 16 (McGrew and Viega, "The Galois/Counter
Mode of Operation", appendix B); the Wycheproof files are used where they are at hand.
"""

from __future__ import annotations

import hmac
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.sealing.derivation import derive_key
from server.sealing.identifiers import IdentifierMac
from server.sealing.keys import TenantKeys
from server.shared_types.ids import TenantId

WYCHEPROOF = Path(__file__).parents[4] / ".." / "shared" / "data" / "vectors" / "wycheproof"


def wycheproof(name: str) -> list[dict[str, Any]]:
    path = WYCHEPROOF / name
    if not path.is_file():
        pytest.skip(f"the Wycheproof vectors {name} are not at hand")
    groups = json.loads(path.read_text(encoding="utf-8"))["testGroups"]
    return [{**group, **test} for group in groups for test in group["tests"]]


def hkdf(key: str, salt: str, info: str, length: int) -> str:
    derived = HKDF(
        algorithm=SHA256(), length=length, salt=bytes.fromhex(salt), info=bytes.fromhex(info)
    ).derive(bytes.fromhex(key))
    return derived.hex()


def test_hkdf_follows_rfc_5869_a_1() -> None:
    assert hkdf("0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42) == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_our_derivation_follows_rfc_5869_a_3() -> None:
    """A.3 is HKDF without salt, as we use it; its first 32 bytes are what a length of 32 gives."""
    assert derive_key(bytes.fromhex("0b" * 22), b"").hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    )


def test_aes_256_gcm_follows_test_case_16() -> None:
    cipher = AESGCM(bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    sealed = cipher.encrypt(
        bytes.fromhex("cafebabefacedbaddecaf888"),
        bytes.fromhex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    )
    assert sealed.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


def test_hkdf_passes_wycheproof() -> None:
    cases = wycheproof("hkdf_sha256_test.json")
    for case in cases:
        try:
            derived = hkdf(case["ikm"], case["salt"], case["info"], case["size"])
        except ValueError:
            assert case["result"] == "invalid"
        else:
            assert (derived == case["okm"]) == (case["result"] == "valid")
    assert len(cases) > 50


def test_aes_gcm_passes_wycheproof() -> None:
    """All of it: every key size, and nonces that the library refuses because of their length count as refused."""
    cases = wycheproof("aes_gcm_test.json")
    ours = refused = 0
    for case in cases:
        cipher = AESGCM(bytes.fromhex(case["key"]))
        nonce, bound = bytes.fromhex(case["iv"]), bytes.fromhex(case["aad"])
        plaintext, sealed = bytes.fromhex(case["msg"]), bytes.fromhex(case["ct"] + case["tag"])
        if not 8 <= len(nonce) <= 128:
            for attempt in (cipher.encrypt, cipher.decrypt):
                with pytest.raises(ValueError, match=r"[Nn]once"):
                    attempt(nonce, sealed, bound)
            refused += 1
        elif case["result"] == "valid":
            assert cipher.encrypt(nonce, plaintext, bound) == sealed
            assert cipher.decrypt(nonce, sealed, bound) == plaintext
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed, bound)
        ours += (case["keySize"], case["ivSize"]) == (256, 96)
    assert len(cases) == 316
    assert ours > 50
    assert refused == 33


def test_hmac_passes_wycheproof() -> None:
    cases = wycheproof("hmac_sha256_test.json")
    for case in cases:
        tag = hmac.new(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]), "sha256").digest()
        same = hmac.compare_digest(tag[: case["tagSize"] // 8], bytes.fromhex(case["tag"]))
        assert same == (case["result"] == "valid")
    assert len(cases) == 174


def test_hmac_follows_rfc_4231() -> None:
    """Test cases 1 and 2."""
    assert hmac.new(b"\x0b" * 20, b"Hi There", "sha256").hexdigest() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )
    assert hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").hexdigest() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_a_sum_of_identifiers_is_the_hmac_of_length_prefixed_parts() -> None:
    keys = TenantKeys(tenant_id=TenantId(uuid.UUID(int=1)), data_keys={1: bytes(32)})
    written = b"\0\0\0\x01a" + b"\0\0\0\x02bc"
    expected = hmac.new(keys._identifiers_key(), written, "sha256").digest()
    assert IdentifierMac(keys).mac("a", b"bc") == expected
