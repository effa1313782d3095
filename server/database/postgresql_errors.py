"""
PostgreSQL's errors as problems of ours, by their code alone: their texts and details hold values.

Source: PostgreSQL's documentation, appendix A: the first two characters of a code are its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import asyncpg

from server.database.problems import (
    Constraint,
    DatabaseBusy,
    DatabaseConstraint,
    DatabaseFull,
    DatabaseMisused,
    DatabaseProblem,
    DatabaseUnavailable,
)

__all__ = ["CLASSES", "CODES", "DRIVER_ERRORS", "problem_of"]

#: Every class of codes; a test holds this table to the driver's list.
CLASSES: Final[Mapping[str, type[DatabaseProblem]]] = MappingProxyType(
    {
        "00": DatabaseMisused,
        "01": DatabaseMisused,
        "02": DatabaseMisused,
        "03": DatabaseMisused,
        "08": DatabaseUnavailable,  # the connection
        "09": DatabaseMisused,
        "0A": DatabaseMisused,
        "0B": DatabaseMisused,
        "0F": DatabaseMisused,
        "0L": DatabaseMisused,
        "0P": DatabaseMisused,
        "0Z": DatabaseMisused,
        "10": DatabaseMisused,
        "20": DatabaseMisused,
        "21": DatabaseMisused,
        "22": DatabaseMisused,  # data that does not fit its type
        "23": DatabaseConstraint,
        "24": DatabaseMisused,
        "25": DatabaseMisused,  # the transaction's state
        "26": DatabaseMisused,
        "27": DatabaseMisused,
        "28": DatabaseUnavailable,  # the role or its password
        "2B": DatabaseMisused,
        "2D": DatabaseMisused,
        "2F": DatabaseMisused,
        "34": DatabaseMisused,
        "38": DatabaseMisused,
        "39": DatabaseMisused,
        "3B": DatabaseMisused,
        "3D": DatabaseUnavailable,  # no such database
        "3F": DatabaseMisused,
        "40": DatabaseBusy,  # rolled back for another transaction's sake
        "42": DatabaseMisused,  # the statement, or a right to it
        "44": DatabaseConstraint,
        "53": DatabaseUnavailable,  # resources
        "54": DatabaseMisused,
        "55": DatabaseMisused,
        "57": DatabaseUnavailable,  # an operator stepped in
        "58": DatabaseUnavailable,  # the system below
        "72": DatabaseBusy,
        "F0": DatabaseUnavailable,
        "HV": DatabaseMisused,
        "P0": DatabaseMisused,
        "XX": DatabaseUnavailable,  # corrupted
    }
)

#: Codes that differ from their class.
CODES: Final[Mapping[str, type[DatabaseProblem]]] = MappingProxyType(
    {
        "0A000": DatabaseMisused,
        # Ended for its idleness: whoever holds a transaction open is slow.
        "25P03": DatabaseBusy,
        "25P04": DatabaseBusy,
        "53100": DatabaseFull,
        "53300": DatabaseBusy,
        "55006": DatabaseBusy,
        "55P03": DatabaseBusy,
        # Cancelled for the time it took; a caller's cancellation does not come as an error.
        "57014": DatabaseBusy,
    }
)

_CONSTRAINTS: Final[Mapping[str, Constraint]] = MappingProxyType(
    {
        "23502": Constraint.NOT_NULL,
        "23503": Constraint.FOREIGN_KEY,
        "23505": Constraint.UNIQUE,
        "23514": Constraint.CHECK,
    }
)

#: ValueError: an argument that the driver can't encode. OSError: a connection that broke, also as the
#: driver's own request to cancel (MagicStack/asyncpg issue 1310), and TimeoutError.
DRIVER_ERRORS: Final[tuple[type[Exception], ...]] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OverflowError,
    ValueError,
    OSError,
)


def problem_of(error: Exception) -> DatabaseProblem:
    """Translate one of DRIVER_ERRORS."""
    if isinstance(error, asyncpg.exceptions.InvalidCachedStatementError):
        # The schema changed under a statement that was prepared before; the driver prepares it anew.
        return DatabaseBusy()
    if isinstance(error, asyncpg.PostgresError):
        return _problem_of_code(error.sqlstate or "")
    if isinstance(error, TimeoutError):
        return DatabaseBusy()
    if isinstance(error, OSError | asyncpg.InternalClientError):
        return DatabaseUnavailable()
    if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError):
        # Mostly a connection that closed; what is left are our own mistakes, which tests find.
        return DatabaseUnavailable()
    return DatabaseMisused()


def _problem_of_code(code: str) -> DatabaseProblem:
    problem = CODES.get(code) or CLASSES.get(code[:2], DatabaseUnavailable)
    if problem is DatabaseConstraint:
        return DatabaseConstraint(_CONSTRAINTS.get(code, Constraint.OTHER))
    return problem()
