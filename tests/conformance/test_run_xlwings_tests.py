"""The judge of xlwings' own tests, judged: planted modules of tests, each with a fault of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.run_xlwings_tests import (
    EXCEPTIONS,
    EXCEPTIONS_LIMIT,
    REASONS,
    ListUnreadable,
    main,
    read_exceptions,
)

Judge = Callable[..., int]

PLANTED = {
    "test_good": """
def test_passes():
    pass
def test_runs_on_our_engine():
    import xlwings
    assert xlwings.engines.active.name == "pennyvault"
    assert xlwings.App(add_book=False).books.add().sheets[0]["A1"].value is None
def test_is_for_another_machine():
    import pytest
    pytest.skip("needs Windows")
""",
    "test_failing": "def test_fails():\n    assert 1 == 2\n",
    "test_asking": """
from excel_client.file_engine.problems import NeedsExcel
def test_asks_for_excel():
    raise NeedsExcel
""",
    "test_skipping": """
import unittest
class TestSkips(unittest.TestCase):
    def test_is_not_there(self):
        self.skipTest("Test body threw NotImplementedError.")
""",
    "test_unready": """
import unittest
class TestNotReady(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no app")
    def test_never_runs(self):
        pass
""",
    "test_ending": """
import unittest
class TestEnds(unittest.TestCase):
    def tearDown(self):
        raise OSError("not closed")
    def test_passes_first(self):
        pass
""",
    "test_unreadable": "import nothing_of_this_name\n",
    "test_dying": "import os\ndef test_dies():\n    os._exit(3)\n",
    "test_empty": "",
}


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    for name, text in PLANTED.items():
        (tests / f"{name}.py").write_text(text, encoding="utf-8")

    def judged(*modules: str, listed: str = "") -> int:
        exceptions = tmp_path / "exceptions.txt"
        exceptions.write_text(listed, encoding="utf-8")
        return main(
            [str(tests)], python=lambda: Path(sys.executable), modules=modules, listed=exceptions
        )

    return judged


def test_what_passes_or_is_skipped_for_another_reason_is_accepted(
    judge: Judge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge("test_good") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].split()[:5] == ["test_good", "2", "1", "0", "0"]
    assert said[-1] == "0 listed, 0 to mend"


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("test_failing", "test_failing.py::test_fails: failed: assert 1 == 2"),
        ("test_asking", "test_asking.py::test_asks_for_excel: failed: excel_client"),
        ("test_skipping", "TestSkips::test_is_not_there: not implemented: Test body threw"),
        ("test_unready", "TestNotReady::test_never_runs: error: OSError: no app"),
        ("test_ending", "TestEnds::test_passes_first: failed: OSError: not closed"),
        ("test_unreadable", "test_unreadable.py: error: ImportError"),
        ("test_dying", "test_dying: pytest ended with 3"),
        ("test_empty", "test_empty: pytest ended with 5"),
        ("test_gone", "test_gone: there is no such module"),
    ],
)
def test_each_fault_is_named(
    judge: Judge, capsys: pytest.CaptureFixture[str], module: str, said: str
) -> None:
    assert judge(module) == 1
    assert said in capsys.readouterr().out


def test_what_is_listed_may_fail(judge: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    listed = (
        "test_failing.py::test_fails: needs calculation\n"
        "# a note\n\n"
        "test_skipping.py::TestSkips::test_is_not_there: needs drawing\n"
    )
    assert judge("test_failing", "test_skipping", listed=listed) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 listed, 0 to mend"


@pytest.mark.parametrize(
    "listed",
    [
        "test_good.py::test_passes: needs VBA",
        "test_good.py::test_is_for_another_machine: needs VBA",
        "test_good.py::test_that_was_renamed: needs VBA",
    ],
)
def test_what_is_listed_for_nothing_is_reported(
    judge: Judge, capsys: pytest.CaptureFixture[str], listed: str
) -> None:
    assert judge("test_good", listed=listed) == 1
    assert "take it off the list" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "test_a.py::test_b",
        "test_a.py::test_b: too hard",
        "test_a.py::test_b: needs VBA\ntest_a.py::test_b: needs drawing",
        "\n".join(f"test_a.py::test_{n}: needs VBA" for n in range(EXCEPTIONS_LIMIT + 1)),
    ],
)
def test_a_list_that_is_unclear_or_too_long_is_refused(judge: Judge, text: str) -> None:
    with pytest.raises(ListUnreadable):
        read_exceptions(text)
    assert judge(listed=text) == 1


def test_our_own_list_is_read() -> None:
    exceptions = read_exceptions(EXCEPTIONS.read_text(encoding="utf-8"))
    assert set(exceptions.values()) <= set(REASONS)
