"""The only ways to a key are the handles of the sealing room: nobody else may even name the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SERVER = Path(__file__).parents[4] / "server"

#: Which modules may mention what leads to a key.
ALLOWED = {
    "_record_box": {"sealing/keys.py", "sealing/amounts.py", "sealing/texts.py"},
    "_identifiers_key": {
        "sealing/keys.py",
        "sealing/key_versions.py",
        "sealing/identifiers.py",
    },
    "_integrity_key": {"sealing/keys.py", "sealing/integrity.py"},
    "AMOUNTS": {"sealing/keys.py", "sealing/amounts.py"},
    "TEXTS": {"sealing/keys.py", "sealing/texts.py"},
    "RecordBox": {"sealing/keys.py", "sealing/records.py"},
    "derive_key": {"sealing/keys.py", "sealing/derivation.py", "sealing/master_keys.py"},
    "unwrap": {"sealing/keys.py", "sealing/key_versions.py", "sealing/master_keys.py"},
}


def names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name
            case _:
                continue


def test_only_the_handles_reach_a_key() -> None:
    for path in sorted(SERVER.rglob("*.py")):
        module = path.relative_to(SERVER).as_posix()
        for name in set(names_in(path)) & set(ALLOWED):
            assert module in ALLOWED[name], f"{module} mentions {name}"
