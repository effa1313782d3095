"""
The two algorithms below every record, AES-256-GCM and HKDF-SHA256, against published vectors.

The literals are RFC 5869 A.1 and A.3 and NIST's GCM test case 16 (McGrew and Viega, "The Galois/Counter
Mode of Operation", appendix B); the Wycheproof files are used where they are at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.sealing.derivation import derive_key

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


def test_aes_256_gcm_passes_wycheproof() -> None:
    cases = [
        case
        for case in wycheproof("aes_gcm_test.json")
        if (case["keySize"], case["ivSize"], case["tagSize"]) == (256, 96, 128)
    ]
    for case in cases:
        cipher = AESGCM(bytes.fromhex(case["key"]))
        nonce, bound = bytes.fromhex(case["iv"]), bytes.fromhex(case["aad"])
        plaintext, sealed = case["msg"], case["ct"] + case["tag"]
        if case["result"] == "valid":
            assert cipher.encrypt(nonce, bytes.fromhex(plaintext), bound).hex() == sealed
            assert cipher.decrypt(nonce, bytes.fromhex(sealed), bound).hex() == plaintext
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, bytes.fromhex(sealed), bound)
    assert len(cases) > 50
