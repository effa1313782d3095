"""
The project's own virtual environment, made from the hash-locked requirements.

Standard library only: this is what runs on a machine that has Python 3.11 and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["ROOT", "conformance_python", "enter_environment", "peers_python"]

ROOT = Path(__file__).resolve().parents[1]
_ENVIRONMENT = ROOT / ".venv"
#: Other people's libraries, kept apart: what they pull in must not be there when ours is measured.
_PEERS = ROOT / ".venv-peers"
#: What xlwings' own tests import; the project itself needs none of it.
_CONFORMANCE = ROOT / ".venv-conformance"
_OLDEST_PYTHON = (3, 11)
#: What each kind of environment may stand in for.
_ENOUGH_FOR = {"runtime": ("runtime", "development"), "development": ("development",)}


def _python(environment: Path = _ENVIRONMENT) -> Path:
    if os.name == "nt":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def _fingerprint(kind: str) -> str:
    digest = hashlib.sha256()
    for path in (ROOT / "requirements" / f"{kind}.txt", ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    digest.update(repr(sys.version_info[:2]).encode())
    return digest.hexdigest()


def _marker(kind: str) -> Path:
    return _ENVIRONMENT / f"pennyvault-{kind}.sha256"


def _is_ready(kind: str) -> bool:
    return _python().exists() and any(
        _marker(candidate).exists()
        and _marker(candidate).read_text(encoding="ascii") == _fingerprint(candidate)
        for candidate in _ENOUGH_FOR[kind]
    )


def _pip(*arguments: str, environment: Path = _ENVIRONMENT) -> None:
    python = str(_python(environment))
    command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    subprocess.run([*command, "--quiet", *arguments], cwd=ROOT, check=True)


def _make(kind: str) -> None:
    print(
        f"Preparing .venv from requirements/{kind}.txt (once; about a minute) ...", file=sys.stderr
    )
    for stale in _ENOUGH_FOR["runtime"]:
        _marker(stale).unlink(missing_ok=True)
    if not _python().exists():
        venv.create(_ENVIRONMENT, with_pip=True, clear=_ENVIRONMENT.exists())
    _pip("--require-hashes", "--requirement", f"requirements/{kind}.txt")
    # The build back end is locked too, so the project itself is installed without fetching anything.
    _pip("--no-deps", "--no-build-isolation", "--editable", ".")
    _marker(kind).write_text(_fingerprint(kind), encoding="ascii")


def enter_environment(kind: str) -> None:
    """
    Make `.venv` if it is missing or older than its lock, and run the calling script inside it.

    `kind` is "runtime" or "development". Returns only inside the environment; ends the process with a sentence
    where Python is too old or the packages can't be installed.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise SystemExit("Pennyvault needs Python 3.11 or newer.")  # noqa: EM101, TRY003 - the last words
    if not _is_ready(kind):
        try:
            _make(kind)
        except subprocess.CalledProcessError:
            raise SystemExit(  # noqa: TRY003 - the last words
                "The packages could not be installed; what pip says about it stands above."  # noqa: EM101
            ) from None
    if Path(sys.prefix).resolve() == _ENVIRONMENT.resolve():
        return
    command = [str(_python()), str(Path(sys.argv[0]).resolve()), *sys.argv[1:]]
    if os.name == "nt":
        raise SystemExit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell


def peers_python() -> Path:
    """
    Return the interpreter of an environment with the libraries that the benchmark compares with.

    Made the first time, from requirements/peers.txt.
    """
    return _python_apart("peers", _PEERS)


def conformance_python() -> Path:
    """
    Return the interpreter of an environment with what xlwings' own tests import; the project is not installed in it.

    Made the first time, from requirements/conformance.txt.
    """
    return _python_apart("conformance", _CONFORMANCE)


def _python_apart(kind: str, environment: Path) -> Path:
    """Make an environment beside the project's own if it is missing or older than its lock."""
    marker = environment / f"{kind}.sha256"
    fingerprint = hashlib.sha256((ROOT / "requirements" / f"{kind}.txt").read_bytes()).hexdigest()
    if not marker.exists() or marker.read_text(encoding="ascii") != fingerprint:
        print(
            f"Preparing {environment.name} from requirements/{kind}.txt (once) ...", file=sys.stderr
        )
        venv.create(environment, with_pip=True, clear=True)
        _pip(
            "--require-hashes", "--requirement", f"requirements/{kind}.txt", environment=environment
        )
        marker.write_text(fingerprint, encoding="ascii")
    return _python(environment)
