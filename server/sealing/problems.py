"""
What can go wrong with keys and sealed records. No message says which key, row or value.

* Problem
  + SealingProblem
    + SealBroken
    + TenantKeysMissing
    + MasterKeyUnknown
    + MasterKeyNotReadable
    + MasterKeyExposed
    + MasterKeyMalformed
"""

from __future__ import annotations

from server.shared_types.problems import Problem

__all__ = [
    "MasterKeyExposed",
    "MasterKeyMalformed",
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


class MasterKeyUnknown(SealingProblem):
    """The stored keys were wrapped with another master key than this server has."""


class MasterKeyNotReadable(SealingProblem):
    """The file of the master key can't be read or made."""


class MasterKeyExposed(SealingProblem):
    """Other users can read the file of the master key; its mode must be 0600."""


class MasterKeyMalformed(SealingProblem):
    """A master key is 32 bytes, written in base64."""
