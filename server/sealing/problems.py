"""
What can go wrong with keys and sealed records. No message says which key, row or value.

* Problem
  + SealingProblem
    + SealBroken
    + TenantKeysMissing
    + KeyUseNotRecorded
    + MasterKeyUnknown
    + MasterKeyNotReadable
    + MasterKeyExposed
    + MasterKeyMalformed
    + MasterKeyMissing
    + KeyringUnusable
    + KeyStateRefused
"""

from __future__ import annotations

from http import HTTPStatus

from server.shared_types.problems import Problem

__all__ = [
    "KeyStateRefused",
    "KeyUseNotRecorded",
    "KeyringUnusable",
    "MasterKeyExposed",
    "MasterKeyMalformed",
    "MasterKeyMissing",
    "MasterKeyNotReadable",
    "MasterKeyUnknown",
    "SealBroken",
    "SealingProblem",
    "TenantKeysMissing",
]


class SealingProblem(Problem):
    """A key or a sealed record can't be used."""


class SealBroken(SealingProblem):
    """A sealed record does not open; it was changed or belongs elsewhere."""


class TenantKeysMissing(SealingProblem):
    """There is no key for this ledger."""


class KeyUseNotRecorded(SealingProblem):
    """No more keys are opened until the uses of keys can be written to the audit trail again."""

    code = "key_use_not_recorded"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class MasterKeyUnknown(SealingProblem):
    """The stored keys were wrapped with another master key than this server has."""


class MasterKeyNotReadable(SealingProblem):
    """The file of the master key can't be read or made."""


class MasterKeyExposed(SealingProblem):
    """Other users can read the file of the master key; its mode must be 0600."""


class MasterKeyMalformed(SealingProblem):
    """A master key is 32 bytes, written in base64."""


class MasterKeyMissing(SealingProblem):
    """There is no master key where one was, and the stored keys need it; no other was made."""


class KeyringUnusable(SealingProblem):
    """The system has no keyring that keeps a master key safe, or it is locked."""


class KeyStateRefused(SealingProblem):
    """A key version can't pass from the state it has to the one asked for."""
