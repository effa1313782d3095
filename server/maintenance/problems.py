"""
Why a run over the keys does not begin.

* Problem
  + MaintenanceProblem
    + UnknownTenant
    + BackupsNotListed
    + NewMasterKeyUnknownToServers
"""

from __future__ import annotations

from server.shared_types.problems import Problem

__all__ = [
    "BackupsNotListed",
    "MaintenanceProblem",
    "NewMasterKeyUnknownToServers",
    "UnknownTenant",
]


class MaintenanceProblem(Problem):
    """This run can't begin."""


class UnknownTenant(MaintenanceProblem):
    """There is no ledger of this id."""


class BackupsNotListed(MaintenanceProblem):
    """Which backups are kept is not known, so no key is destroyed; the list is a JSON file, see docs/settings.md."""


class NewMasterKeyUnknownToServers(MaintenanceProblem):
    """Running servers would not find the new master key: name its file in PENNYVAULT_MASTER_KEY_OTHER_FILES first."""
