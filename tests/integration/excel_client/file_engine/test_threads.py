from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwings as xw

from excel_client.file_engine.problems import CommentInTheWay
from tests.workbook_checks.ooxml_lint import lint

Parts = Callable[[Path], dict[str, bytes]]
SAMPLE = (
    Path(__file__).parents[4]
    / ".."
    / "shared/data/workbooks/openxlsx-classic/loadThreadComment.xlsx"
)


def test_a_thread_stands_in_all_its_parts_and_leaves_none_behind(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / "book.xlsx"
    book = app.books.add()
    sheet = book.sheets[0]
    comment = sheet["B3"].add_comment("why <so>?")
    comment.add_reply("because & so")
    comment.resolve()
    book.save(path)
    parts = parts_of(path)
    thread = parts["xl/threadedComments/threadedComment1.xml"]
    assert b'ref="B3" dT="2026-03-31T08:00:00.00"' in thread
    assert thread.count(b"parentId=") == thread.count(b'done="1"') == 1
    note = parts["xl/comments1.xml"].decode()
    assert "Comment:\n    why &lt;so&gt;?\nReply:\n    because &amp; so<" in note
    assert parts["xl/persons/person1.xml"].count(b"<person ") == 1
    assert comment.creation_date == dt.datetime(2026, 3, 31, 8)  # noqa: DTZ001 - as the file states it
    assert lint(path) == []
    comment.delete()
    book.save()
    left = parts_of(path)
    assert not [n for n in left if "hreaded" in n or "comments" in n or "vml" in n]
    assert lint(path) == []


def test_a_cell_takes_one_thread(app: xw.App) -> None:
    sheet = app.books.add().sheets[0]
    sheet["A1"].add_comment("one")
    with pytest.raises(CommentInTheWay):
        sheet["A1"].add_comment("two")
    assert [comment.text for comment in sheet.comments] == ["one"]


@pytest.mark.skipif(not SAMPLE.is_file(), reason="../shared/data/workbooks is not here")
def test_a_thread_of_excel_is_read_answered_and_deleted(
    app: xw.App, tmp_path: Path, parts_of: Parts
) -> None:
    path = tmp_path / SAMPLE.name
    shutil.copyfile(SAMPLE, path)
    book = app.books.open(path)
    sheet = book.sheets[0]
    comment = sheet["A1"].comment
    assert comment is not None
    assert (comment.text, comment.author) == ("New comment", "Jean-Marie Pivette")
    comment.add_reply("ours")
    sheet["C3"].add_comment("also ours")
    book.save()
    persons = parts_of(path)["xl/persons/person.xml"]
    assert persons.count(b"<person ") == 2
    assert [c.text for c in sheet.comments] == ["New comment", "also ours"]
    assert [reply.text for reply in comment.replies] == ["ours"]
    assert lint(path) == []
    comment.delete()
    book.save()
    assert [c.text for c in sheet.comments] == ["also ours"]
    assert lint(path) == []
