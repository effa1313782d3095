"""Ring one: the import contracts hold, and each catches the leak that it was written for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("server", "excel_client", "workbooks")

ORDER = "server: rooms and their order"
INSIDE = "exact_amounts: from sources to entries"
SILENT = "the exact room does not log"
KEY = "the amounts key opens in the exact room only"
DATABASE = "only the database room talks to a database"
CRYPTOGRAPHY = "only the sealing room does cryptography on data"
STORE = "the bucket side reaches no store and loads nothing by name"
PURE = "statement readers are pure"
CLIENT = "client: entry points down to words"
EDGE = "client and server meet in one edge: reading a statement without a server"
STRANGERS = "the server does not know the client, workbooks know nobody"
LEAF = "workbooks is a leaf"

PLANTED = [
    ("server/buckets_only/leak.py", "import server.exact_amounts.entries.money", ORDER),
    ("server/web/leak.py", "from server.exact_amounts.entries.money import ExactAmount", ORDER),
    (
        "server/buckets_only/leak.py",
        "import typing\nif typing.TYPE_CHECKING:\n    import server.exact_amounts.entries.money",
        ORDER,
    ),
    (
        "server/telemetry/leak.py",
        "def late():\n    import server.exact_amounts.disclosure",
        ORDER,
    ),
    ("server/nobody_placed_me.py", "", ORDER),
    ("server/exact_amounts/nobody_placed_me.py", "", INSIDE),
    ("server/exact_amounts/entries/leak.py", "import server.exact_amounts.ledger", INSIDE),
    (
        "server/exact_amounts/ledger/leak.py",
        "import server.exact_amounts.reconciliation.edit_plan",
        INSIDE,
    ),
    (
        "server/exact_amounts/reconciliation/leak.py",
        "import server.exact_amounts.statements.reading",
        INSIDE,
    ),
    (
        "server/exact_amounts/statements/leak.py",
        "import server.exact_amounts.reconciliation.closing",
        INSIDE,
    ),
    ("server/exact_amounts/reconciliation/leak.py", "import logging", SILENT),
    ("server/exact_amounts/reconciliation/leak.py", "import sqlite3", DATABASE),
    ("server/buckets_only/leak.py", "import server.exact_amounts.reconciliation.wire", ORDER),
    ("server/exact_amounts/ledger/leak.py", "import logging", SILENT),
    ("server/exact_amounts/ledger/leak.py", "import server.telemetry", SILENT),
    ("server/buckets_only/leak.py", "import server.sealing.amounts", KEY),
    ("server/identity/leak.py", "import server.sealing.amounts", KEY),
    ("server/exact_amounts/ledger/leak.py", "import sqlite3", DATABASE),
    ("server/identity/leak.py", "import databases", DATABASE),
    ("server/exact_amounts/ledger/leak.py", "import cryptography.fernet", CRYPTOGRAPHY),
    ("server/buckets_only/leak.py", "import server.database.sessions", STORE),
    ("server/buckets_only/leak.py", "import importlib", STORE),
    ("server/exact_amounts/statements/ofx.py", "import server.database.sessions", PURE),
    ("excel_client/nobody_placed_me.py", "", CLIENT),
    ("excel_client/write_plan.py", "import excel_client.server_api", CLIENT),
    ("excel_client/refresh.py", "import server.shared_types.problems", EDGE),
    ("server/web/leak.py", "import excel_client.settings", STRANGERS),
    ("workbooks/leak.py", "import excel_client.settings", LEAF),
]


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.xlsx")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("path", "source", "contract"), PLANTED)
def test_a_planted_leak_breaks_its_contract(
    copy: Path, path: str, source: str, contract: str
) -> None:
    target = copy / path
    package = target.with_suffix("")
    target = package / "__init__.py" if package.is_dir() else target
    already = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(f"{already}\n{source}\n", encoding="utf-8")

    result = lint(copy)

    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken), result.stdout
