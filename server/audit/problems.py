"""
What can go wrong with the trail.

* Problem
  + AuditProblem
    + AuditTrailBroken
    + AuditHeadNotReadable
"""

from __future__ import annotations

from server.shared_types.problems import Problem

__all__ = ["AuditHeadNotReadable", "AuditProblem", "AuditTrailBroken"]


class AuditProblem(Problem):
    """The audit trail can't be used."""


class AuditTrailBroken(AuditProblem):
    """The audit trail no longer agrees with its head kept outside of the database."""


class AuditHeadNotReadable(AuditProblem):
    """The file that holds the head of the audit trail can't be read or written."""
