"""Rules no linter checks. Each list of exceptions below may only shrink."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("server", "excel_client", "workbooks")
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
#: Modules and functions that are longer for now.
TOO_LONG_FOR_NOW: frozenset[str] = frozenset()
#: Where the number inside an ExactAmount may be read.
MAY_READ_EXACT_VALUES = "server/exact_amounts/"
UNFINISHED = re.compile(r"\b(?:TODO|FIXME)\b")

MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9.:])/(?:tmp|root|work|farm|home)/[A-Za-z]")
REGISTRY = re.compile(r"pypi\.org|pythonhosted|npmjs\.(?:org|com)")

MODULES = sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(params=[*MODULES, *SCRIPTS], ids=name_of)
def module(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_module_is_short(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert (lines > MODULE_LINES_MAX) == (name_of(module) in TOO_LONG_FOR_NOW)


def test_functions_are_short(module: Path) -> None:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            too_long = node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
            assert too_long == (f"{name_of(module)}::{node.name}" in TOO_LONG_FOR_NOW), node.name


def test_module_says_what_it_is(module: Path) -> None:
    assert ast.get_docstring(tree_of(module))


def test_no_import_hides_from_the_contracts(module: Path) -> None:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Name):
            assert node.id not in {"__import__", "eval", "exec"}, node.lineno


def test_exact_values_are_read_in_the_exact_room_only(module: Path) -> None:
    if name_of(module).startswith(MAY_READ_EXACT_VALUES):
        return
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute):
            assert node.attr != "exact_value", node.lineno


def test_nothing_is_left_unfinished(module: Path) -> None:
    assert UNFINISHED.search(module.read_text(encoding="utf-8")) is None
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Name):
            assert node.id != "NotImplementedError", node.lineno


def test_no_error_is_swallowed(module: Path) -> None:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ExceptHandler):
            only = node.body[0]
            silent = len(node.body) == 1 and isinstance(only, ast.Pass)
            assert not silent, node.lineno


def test_every_package_is_on_the_map() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = {name_of(path.parent) for path in MODULES if path.name == "__init__.py"}
    assert [name for name in sorted(packages) if f"`{name}/`" not in page] == []


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    paths = [ROOT / name for name in listed.splitlines() if name != name_of(Path(__file__))]
    for path in paths:
        if path.suffix == ".xlsx" or not path.exists():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert REGISTRY.search(text) is None, path
        if not name_of(path).startswith("tests/"):
            assert MACHINE_PATH.search(text) is None, path


def test_the_lock_files_agree_and_hash_everything() -> None:
    pins = {}
    for kind in ("runtime", "development"):
        text = (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8")
        assert "://" not in text
        assert "index-url" not in re.sub(r"(?m)^#.*$", "", text)
        blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", re.sub(r"(?m)^ *#.*\n", "", text))[1:]
        assert all("--hash=sha256:" in block for block in blocks)
        pins[kind] = {block.split()[0] for block in blocks}
    assert sorted(pins["runtime"] - pins["development"]) == []
