"""Notes, threads of comments and links, said in xlwings' terms alone, so that it can run on Excel itself as well."""

from __future__ import annotations

import pytest
import xlwings as xw

from tests.conformance.conftest import OURS


def note_of(sheet: xw.Sheet, address: str) -> xw.Note:
    found = sheet[address].note
    assert found is not None
    return found


def thread_of(sheet: xw.Sheet, address: str) -> xw.main.Comment:
    found = sheet[address].comment
    assert found is not None
    return found


def test_a_note_is_added_read_changed_and_deleted(sheet: xw.Sheet) -> None:
    assert sheet["B2"].note is None
    note = sheet["B2"].add_note("first line\nsecond & <last>")
    assert note.text == "first line\nsecond & <last>"
    assert note.location.address == "$B$2"
    note_of(sheet, "B2").text = "changed"
    assert note_of(sheet, "B2").text == "changed"
    note_of(sheet, "B2").delete()
    assert sheet["B2"].note is None
    assert sheet.notes.count == 0


def test_a_sheet_lists_its_notes_by_cell(sheet: xw.Sheet) -> None:
    for address in ("C9", "A1", "B5"):
        sheet[address].add_note(f"at {address}")
    found = {note.location.address: note.text for note in sheet.notes}
    assert found == {"$A$1": "at A1", "$B$5": "at B5", "$C$9": "at C9"}
    assert sheet.notes["B5"].text == "at B5"
    with pytest.raises(KeyError):
        sheet.notes["B6"]


def test_notes_outlast_saving(book: xw.Book, sheet: xw.Sheet) -> None:
    note = sheet["A1"].add_note("kept")
    book.save()
    assert note.text == "kept"
    note.text = "kept and changed"
    book.save()
    assert note_of(sheet, "A1").text == "kept and changed"


def test_a_cell_takes_one_note(sheet: xw.Sheet) -> None:
    sheet["A1"].add_note("first")
    with pytest.raises(ValueError, match="already has a note"):
        sheet["A1"].add_note("second")
    assert note_of(sheet, "A1").text == "first"


def test_a_note_leaves_the_cell_as_it_is(sheet: xw.Sheet) -> None:
    sheet["A1"].value = 1.5
    sheet["A1"].number_format = "0.00"
    sheet["A1"].add_note("about it")
    assert sheet["A1"].value == 1.5
    assert sheet["A1"].number_format == "0.00"


@pytest.mark.skipif(
    not OURS, reason="Excel knows its user and does not tell whether threads are resolved"
)
def test_a_thread_takes_replies_is_resolved_and_deleted(book: xw.Book, sheet: xw.Sheet) -> None:
    comment = sheet["A1"].add_comment("why?")
    comment.add_reply("because")
    comment.add_reply("really")
    book.save()
    comment = thread_of(sheet, "A1")
    assert comment.text == "why?"
    assert [reply.text for reply in comment.replies] == ["because", "really"]
    assert comment.author == "Author"
    assert comment.location.address == "$A$1"
    assert not comment.resolved
    comment.resolve()
    comment.text = "why not?"
    assert thread_of(sheet, "A1").resolved
    assert thread_of(sheet, "A1").text == "why not?"
    comment.reopen()
    assert not comment.resolved
    comment.delete()
    assert sheet["A1"].comment is None
    assert sheet.comments.count == 0


@pytest.mark.skipif(not OURS, reason="Excel lists the note that stands for a thread as well")
def test_a_thread_is_no_note_and_a_note_no_thread(sheet: xw.Sheet) -> None:
    sheet["A1"].add_comment("a thread")
    sheet["A2"].add_note("a note")
    assert sheet["A1"].note is None
    assert sheet["A2"].comment is None
    assert [note.text for note in sheet.notes] == ["a note"]
    assert [comment.text for comment in sheet.comments] == ["a thread"]
    assert sheet.comments["A1"].text == "a thread"


def test_a_cell_takes_either_a_note_or_a_thread(sheet: xw.Sheet) -> None:
    sheet["A1"].add_note("a note")
    with pytest.raises(Exception, match=r"."):
        sheet["A1"].add_comment("a thread")
    assert note_of(sheet, "A1").text == "a note"


def test_a_link_shows_its_address_unless_told_otherwise(sheet: xw.Sheet) -> None:
    sheet["A1"].add_hyperlink("www.xlwings.org")
    sheet["A2"].add_hyperlink("https://www.xlwings.org/", "the site", "go there")
    assert sheet["A1"].value == "www.xlwings.org"
    assert sheet["A1"].hyperlink.rstrip("/") == "http://www.xlwings.org"
    assert sheet["A2"].value == "the site"
    assert sheet["A2"].hyperlink.rstrip("/") == "https://www.xlwings.org"


def test_links_lead_to_mail_and_into_the_workbook(sheet: xw.Sheet) -> None:
    sheet["A1"].add_hyperlink("mailto:somebody@example.org", "write")
    sheet["A2"].add_hyperlink(f"#'{sheet.name}'!A1", "up")
    assert sheet["A1"].hyperlink == "mailto:somebody@example.org"
    assert not sheet["A2"].hyperlink
    assert sheet["A2"].value == "up"


def test_a_link_looks_like_one_and_keeps_the_rest_of_the_format(sheet: xw.Sheet) -> None:
    sheet["A1"].number_format = "@"
    sheet["A1"].add_hyperlink("https://example.org", "there")
    assert sheet["A1"].font.color not in {None, (0, 0, 0)}
    assert sheet["A1"].number_format == "@"


def test_a_second_link_replaces_the_first(sheet: xw.Sheet) -> None:
    sheet["A1"].add_hyperlink("https://example.org/1", "one")
    sheet["A1"].add_hyperlink("https://example.org/2", "two")
    assert sheet["A1"].hyperlink == "https://example.org/2"


def test_a_link_formula_tells_its_address(sheet: xw.Sheet) -> None:
    sheet["A1"].formula = '=HYPERLINK("https://example.org", "there")'
    assert sheet["A1"].hyperlink == "https://example.org"


def test_a_cell_without_a_link_says_so(sheet: xw.Sheet) -> None:
    sheet["A1"].value = "plain"
    with pytest.raises(Exception, match="doesn't seem to contain a hyperlink"):
        assert sheet["A1"].hyperlink


def test_links_outlast_saving(book: xw.Book, sheet: xw.Sheet) -> None:
    sheet["A1"].add_hyperlink("https://example.org/a?b=1&c=2", "there")
    book.save()
    assert sheet["A1"].hyperlink == "https://example.org/a?b=1&c=2"
