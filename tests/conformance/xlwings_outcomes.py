"""
A pytest plugin that writes each test's outcome as a line of JSON: `-p tests.conformance.xlwings_outcomes`.

Loaded into the run of xlwings' own tests, in an environment without this project's; stands on pytest alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

__all__ = ["pytest_addoption", "pytest_configure"]


class _Lines:
    """Appends a line for each phase of a test that says something, and for each module that can't be collected."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed and report.when != "call":
            return
        in_fixture = report.failed and report.when != "call"
        kind = "error" if in_fixture else str(report.outcome)
        self._write(report.nodeid, kind, _reason(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write(report.nodeid, "error", report.longreprtext)

    def _write(self, test: str, kind: str, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"test": test, "kind": kind, "text": text}) + "\n")


def _reason(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else report.longreprtext


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, required=True, help="where the lines go")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Lines(config.getoption("--outcomes")))
