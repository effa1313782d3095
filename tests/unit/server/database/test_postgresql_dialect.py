"""PostgreSQL's URLs, its errors, and the bulk form of an INSERT; no database is called."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import MappingProxyType

import asyncpg
import pytest

from server.database.postgresql_bulk import plan_bulk_insert
from server.database.postgresql_dialect import PostgresqlDialect, is_postgresql
from server.database.postgresql_errors import CLASSES, CODES, DRIVER_ERRORS, problem_of
from server.database.problems import (
    Constraint,
    DatabaseBusy,
    DatabaseConstraint,
    DatabaseFull,
    DatabaseMisused,
    DatabaseProblem,
    DatabaseUnavailable,
    DatabaseUrlRefused,
)
from server.database.queries import load_queries


def error_classes() -> list[type[Exception]]:
    classes = (getattr(asyncpg.exceptions, name) for name in asyncpg.exceptions.__all__)
    return [
        each
        for each in classes
        if isinstance(each, type)
        and issubclass(each, Exception)
        and not issubclass(each, Warning | asyncpg.PostgresLogMessage)
    ]


@pytest.mark.parametrize("kind", error_classes())
def test_every_error_of_the_driver_is_caught_and_says_no_value(kind: type[Exception]) -> None:
    assert issubclass(kind, DRIVER_ERRORS)
    problem = problem_of(kind("a value"))
    assert isinstance(problem, DatabaseProblem)
    assert "a value" not in str(problem)


def test_every_class_of_codes_has_a_problem() -> None:
    codes = {getattr(kind, "sqlstate", None) for kind in error_classes()}
    assert {code[:2] for code in codes if code} <= set(CLASSES)
    assert {code[:2] for code in CODES} <= set(CLASSES)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (asyncpg.LockNotAvailableError("x"), DatabaseBusy),
        (asyncpg.DeadlockDetectedError("x"), DatabaseBusy),
        (asyncpg.SerializationError("x"), DatabaseBusy),
        (asyncpg.QueryCanceledError("x"), DatabaseBusy),
        (asyncpg.TooManyConnectionsError("x"), DatabaseBusy),
        (asyncpg.InvalidCachedStatementError("x"), DatabaseBusy),
        (asyncpg.exceptions.IdleInTransactionSessionTimeoutError("x"), DatabaseBusy),
        (TimeoutError("x"), DatabaseBusy),
        (asyncpg.DiskFullError("x"), DatabaseFull),
        (asyncpg.AdminShutdownError("x"), DatabaseUnavailable),
        (asyncpg.CannotConnectNowError("x"), DatabaseUnavailable),
        (asyncpg.InvalidPasswordError("x"), DatabaseUnavailable),
        (asyncpg.ConnectionDoesNotExistError("x"), DatabaseUnavailable),
        (asyncpg.InterfaceError("connection is closed"), DatabaseUnavailable),
        (ConnectionResetError("x"), DatabaseUnavailable),
        (ConnectionError("x"), DatabaseUnavailable),
        (asyncpg.InsufficientPrivilegeError("x"), DatabaseMisused),
        (asyncpg.UndefinedTableError("x"), DatabaseMisused),
        (asyncpg.DataError("x"), DatabaseMisused),
        (asyncpg.exceptions.DataError("x"), DatabaseMisused),
        (UnicodeEncodeError("utf-8", "x", 0, 1, "x"), DatabaseMisused),
        (OverflowError("x"), DatabaseMisused),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else type(each).__name__,
)
def test_an_error_becomes_its_problem(error: Exception, problem: type[DatabaseProblem]) -> None:
    assert type(problem_of(error)) is problem


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncpg.UniqueViolationError, Constraint.UNIQUE),
        (asyncpg.ForeignKeyViolationError, Constraint.FOREIGN_KEY),
        (asyncpg.NotNullViolationError, Constraint.NOT_NULL),
        (asyncpg.CheckViolationError, Constraint.CHECK),
        (asyncpg.ExclusionViolationError, Constraint.OTHER),
    ],
)
def test_a_broken_rule_says_its_kind(error: type[Exception], kind: Constraint) -> None:
    problem = problem_of(error("a value"))
    assert isinstance(problem, DatabaseConstraint)
    assert problem.kind is kind


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@localhost/ledger",
        "postgres://app:secret@127.0.0.1:6432/ledger",
        "postgresql://app@[::1]/ledger",
        "postgresql://app@/ledger?host=/run/postgresql",
        "postgresql://app@db.example/ledger?sslmode=disable",
    ],
)
def test_a_database_of_this_machine_needs_no_encryption(url: str) -> None:
    assert is_postgresql(url)
    assert PostgresqlDialect(url).options["ssl"] is False


def test_another_machine_has_to_prove_who_it_is() -> None:
    context = PostgresqlDialect("postgresql://app@db.example/ledger").options["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@localhost",
        "postgresql://app@localhost/ledger?min_size=3",
        "postgresql://app@localhost/ledger?sslmode=prefer",
        "postgresql://app@db.example/ledger?sslmode=require",
        "postgresql+psycopg://app@localhost/ledger",
        "mysql://app@localhost/ledger",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlRefused):
        PostgresqlDialect(url)


def test_authorities_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUrlRefused):
        PostgresqlDialect(f"postgresql://app@db.example/ledger?sslrootcert={tmp_path / 'none'}")


def test_a_plain_insert_has_a_bulk_form() -> None:
    bulk = plan_bulk_insert(
        "-- a comment\nINSERT INTO anchors (a, b, removed) VALUES (:x, :y, 0) ON CONFLICT DO NOTHING"
    )
    assert bulk is not None
    assert bulk.names == ("x", "y")
    assert bulk.make_table.endswith('AS SELECT a AS "x", b AS "y" FROM anchors WITH NO DATA')
    assert bulk.insert == (
        "INSERT INTO anchors (a, b, removed)"
        f' SELECT "x", "y", 0 FROM {bulk.temporary_table} ON CONFLICT DO NOTHING'
    )


@pytest.mark.parametrize("name", ["add_entry", "add_account_number", "add_anchor"])
def test_what_an_import_writes_goes_in_bulk(name: str) -> None:
    query = load_queries("server.exact_amounts.ledger")[name]
    assert plan_bulk_insert(query) is not None


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE rows SET a = :a",
        "INSERT INTO rows (a, b) VALUES (:a, :a)",
        "INSERT INTO rows (a) VALUES (lower(:a))",
        "INSERT INTO rows (a) VALUES (:a) ON CONFLICT (a) DO UPDATE SET a = :a",
        "INSERT INTO rows (a) VALUES (:a) RETURNING a",
        "INSERT INTO rows (a) SELECT :a",
        "INSERT INTO rows VALUES (:a)",
    ],
)
def test_what_may_mean_something_else_row_by_row_has_none(query: str) -> None:
    assert plan_bulk_insert(query) is None


def test_settings_of_every_connection_are_not_the_urls_to_choose() -> None:
    options = PostgresqlDialect("postgresql://app@localhost/ledger").options
    assert isinstance(options, MappingProxyType)
    assert options["server_settings"]["synchronous_commit"] == "on"
    assert options["server_settings"]["search_path"] == "public"
