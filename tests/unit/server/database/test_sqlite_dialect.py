"""Every error that SQLite knows has its problem, and a script is split where its statements end."""

from __future__ import annotations

import sqlite3

import pytest

from server.database.problems import DatabaseMisused, DatabaseProblem, DatabaseUnavailable
from server.database.sqlite_dialect import PROBLEMS, SqliteDialect

#: Not errors, or codes that only SQLite's own shell asks for.
NO_ERRORS = {"SQLITE_OK", "SQLITE_ROW", "SQLITE_DONE"}
_FIRST_EXTENDED_CODE = 256


def primary_codes() -> dict[str, int]:
    """The result codes among the driver's constants; its other constants share their numbers."""
    names = """ABORT AUTH BUSY CANTOPEN CONSTRAINT CORRUPT EMPTY ERROR FORMAT FULL INTERNAL INTERRUPT
        IOERR LOCKED MISMATCH MISUSE NOLFS NOMEM NOTADB NOTFOUND NOTICE PERM PROTOCOL RANGE READONLY
        SCHEMA TOOBIG WARNING""".split()
    return {name: getattr(sqlite3, f"SQLITE_{name}") for name in names}


def test_every_result_code_has_a_problem() -> None:
    assert set(primary_codes().values()) == set(PROBLEMS)
    assert set(PROBLEMS) == set(range(1, 29)), "SQLite numbers its errors from 1 to 28"


def driver_error_classes() -> list[type[Exception]]:
    return [
        each
        for each in vars(sqlite3).values()
        if isinstance(each, type) and issubclass(each, Exception)
    ]


@pytest.mark.parametrize("kind", driver_error_classes())
def test_every_error_class_of_the_driver_is_caught(kind: type[Exception]) -> None:
    dialect = SqliteDialect("sqlite:///ledger.db")
    assert issubclass(kind, dialect.driver_errors)
    problem = dialect.problem_of(kind("a value"))
    assert isinstance(problem, DatabaseProblem)
    assert "a value" not in str(problem)


def test_an_extended_code_falls_under_its_primary_code() -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert type(SqliteDialect("sqlite:///ledger.db").problem_of(error)) is DatabaseUnavailable


def test_an_error_without_a_code_is_our_own_mistake() -> None:
    problem = SqliteDialect("sqlite:///ledger.db").problem_of(ValueError("a value"))
    assert type(problem) is DatabaseMisused


def test_a_script_is_split_into_statements() -> None:
    script = """\
-- A comment; with a semicolon.
CREATE TABLE one (text TEXT DEFAULT ';');

CREATE TRIGGER two AFTER INSERT ON one BEGIN
    DELETE FROM one;
END;
"""
    first, second = SqliteDialect("sqlite:///ledger.db").split(script)
    assert first.endswith("DEFAULT ';');")
    assert second.startswith("CREATE TRIGGER")
    assert second.endswith("END;")


def test_a_script_that_breaks_off_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        list(SqliteDialect("sqlite:///ledger.db").split("CREATE TABLE one (id INTEGER)"))
