from __future__ import annotations

import io
import time

import pytest

from excel_client.command_line import printing
from excel_client.command_line.printing import Column, ProgressLine, printable, text_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_name_cannot_steer_the_terminal() -> None:
    assert printable("Gi\x1b[2Jro\r\n\x07") == "Gi [2Jro   "
    assert printable("Zürich 東京") == "Zürich 東京"


def test_a_table_is_aligned_and_numbers_stand_right() -> None:
    columns = (Column(heading="Account"), Column(heading="Sum", right=True))
    assert text_table(columns, [("Giro", "1.00"), ("Savings", "-10.00")]) == (
        "Account     Sum\nGiro       1.00\nSavings  -10.00"
    )


def test_nothing_is_said_of_what_is_done_at_once() -> None:
    stream = Terminal()
    with ProgressLine(stream, "Refreshing") as progress:
        progress("Fetching", 1, 2)
    assert stream.getvalue() == ""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(printing, "_TERMINAL_SECONDS", 0.01)
    monkeypatch.setattr(printing, "_LOG_SECONDS", 0.01)


def wait_for(stream: io.StringIO, text: str) -> None:
    end = time.monotonic() + 5
    while text not in stream.getvalue():
        assert time.monotonic() < end, stream.getvalue()
        time.sleep(0.005)


@pytest.mark.usefixtures("impatient")
def test_a_terminal_sees_one_line_that_is_gone_in_the_end() -> None:
    stream = Terminal()
    with ProgressLine(stream, "Refreshing") as progress:
        wait_for(stream, "Refreshing ...")
        progress("Fetching", 1000, 20000)
        wait_for(stream, "Fetching 1,000 of 20,000 ...")
        progress("Saving", 0, 0)
        wait_for(stream, "\rSaving ...")
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith(" \r")


@pytest.mark.usefixtures("impatient")
def test_elsewhere_lines_come_now_and_then() -> None:
    stream = io.StringIO()
    with ProgressLine(stream, "Refreshing") as progress:
        progress("Fetching", 1000, 0)
        wait_for(stream, "Fetching 1,000 ...\n")
    assert "\r" not in stream.getvalue()
