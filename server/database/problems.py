"""
What can go wrong with the database. Driver errors hold values and SQL; none of them leaves this room.

* Problem
  + DatabaseProblem
    + DatabaseBusy
    + DatabaseFull
    + DatabaseUnavailable
    + DatabaseConstraint
    + DatabaseMisused
    + SessionOver
    + DatabaseUrlRefused
    + DatabaseRoleRefused
    + SchemaOutdated
    + MigrationChanged
    + DatabaseNewer
    + EpochNotReadable
"""

from __future__ import annotations

from enum import StrEnum, unique
from http import HTTPStatus

from server.shared_types.problems import Problem

__all__ = [
    "Constraint",
    "DatabaseBusy",
    "DatabaseConstraint",
    "DatabaseFull",
    "DatabaseMisused",
    "DatabaseNewer",
    "DatabaseProblem",
    "DatabaseRoleRefused",
    "DatabaseUnavailable",
    "DatabaseUrlRefused",
    "EpochNotReadable",
    "MigrationChanged",
    "SchemaOutdated",
    "SessionOver",
]


class DatabaseProblem(Problem):
    """The database could not do what was asked."""


class DatabaseBusy(DatabaseProblem):
    """The database is busy; try again."""

    code = "database_busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class DatabaseFull(DatabaseProblem):
    """The server has no room left to store anything; nothing was changed."""

    code = "database_full"
    status = HTTPStatus.INSUFFICIENT_STORAGE


class DatabaseUnavailable(DatabaseProblem):
    """The database can't be reached or read."""

    code = "database_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE


@unique
class Constraint(StrEnum):
    """Which kind of rule of the schema a statement broke."""

    UNIQUE = "unique"
    FOREIGN_KEY = "foreign_key"
    NOT_NULL = "not_null"
    CHECK = "check"
    TYPE = "type"
    OTHER = "other"


class DatabaseConstraint(DatabaseProblem):
    """A rule of the database refused the change."""

    def __init__(self, kind: Constraint) -> None:
        super().__init__()
        self.kind = kind


class DatabaseMisused(DatabaseProblem):
    """The server asked its database for something that it can't do."""


class SessionOver(DatabaseProblem):
    """A statement of this session was cancelled, so the session ended with it."""


class DatabaseUrlRefused(DatabaseProblem):
    """The database URL must be sqlite:/// and the path of a file, or postgresql:// with a host and a database."""


class DatabaseRoleRefused(DatabaseProblem):
    """The server's database role must be no superuser, have no BYPASSRLS and own no table."""


class SchemaOutdated(DatabaseProblem):
    """The database's schema is older than this server; run "pennyvault-server migrate" first."""


class MigrationChanged(DatabaseProblem):
    """The database was built by other migrations than this server has."""


class DatabaseNewer(DatabaseProblem):
    """The database was written by a newer version of the server."""


class EpochNotReadable(DatabaseProblem):
    """The file that holds the server's epoch can't be read."""
