"""
Threads of comments: a comment of a cell with its replies, whether it is resolved, and who wrote it.

A thread stands in a part of its own, its writers in a list of the workbook; a note that names the thread stands beside
it for older versions of Excel. All of them are kept in step. Source: [MS-XLSX] 2.1.42 to 2.1.44. Knows no xlwings.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideSheet, PackageDamaged
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.notes import (
    THREAD_AUTHOR,
    Note,
    judge_free_cell,
    put_note,
    remove_note,
    set_note_text,
    standing_note,
)
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.cell_text import attribute_text, escape_text
from excel_client.file_engine.xml.element_edits import Edit, inserted, removed, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, read_tree, splice

__all__ = [
    "NewComment",
    "Thread",
    "add_reply",
    "add_thread",
    "delete_thread",
    "resolve_thread",
    "set_thread_text",
    "thread_at",
    "threads_of",
]

_SPACE = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_RELATIONS = "http://schemas.microsoft.com/office/2017/10/relationships"
_COMMENTS_TYPE = "application/vnd.ms-excel.threadedcomments+xml"
_PERSONS_TYPE = "application/vnd.ms-excel.person+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EMPTY_COMMENTS = f'{_DECLARATION}<ThreadedComments xmlns="{_SPACE}"/>'.encode()
_EMPTY_PERSONS = f'{_DECLARATION}<personList xmlns="{_SPACE}"/>'.encode()
#: What Excel itself calls a writer whose name is not to be told.
_NOBODY = "Author"
_TRUE = {"1", "true"}
_FOR_OLDER_VERSIONS = (
    "[Threaded comment]\n\nYour version of Excel allows you to read this threaded comment; however, "
    "any edits to it will get removed if the file is opened in a newer version of Excel. "
    "Learn more: https://go.microsoft.com/fwlink/?linkid=870924\n\nComment:\n    "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A comment or reply to be written: its text, its own id and, where the list has none yet, its writer's."""

    text: str
    moment: dt.datetime
    #: Both as "{...}" with capital letters.
    identity: str
    writer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A comment with its replies."""

    row: int
    column: int
    identity: str
    text: str
    author: str
    #: Without a time zone, as the file states it: Excel writes UTC.
    created: dt.datetime | None
    resolved: bool
    replies: tuple[str, ...]


def _part(document: Document, entry: SheetEntry) -> str | None:
    sheet = document.sheet_part(entry)
    return next(iter(document.parts.related(sheet, "threadedComment")), None)


def _elements(document: Document, entry: SheetEntry) -> list[Element]:
    name = _part(document, entry)
    return read_tree(document.parts.part(name), name).children if name else []


def _text_of(element: Element) -> str:
    text = element.find("text")
    return text.text if text is not None else ""


def threads_of(document: Document, entry: SheetEntry) -> list[Thread]:
    """Return the threads of a sheet."""
    elements = _elements(document, entry)
    replies: dict[str, list[str]] = {}
    for element in elements:
        if "parentId" in element.attributes:
            replies.setdefault(element.attributes["parentId"], []).append(_text_of(element))
    persons = _persons(document) if elements else {}
    place = _part(document, entry) or ""
    found = []
    for element in elements:
        attributes = element.attributes
        if "parentId" in attributes:
            continue
        try:
            cell = Area.parse(attributes["ref"])
            identity = attributes["id"]
            created = attributes.get("dT")
            moment = dt.datetime.fromisoformat(created) if created else None
        except (KeyError, ValueError, OutsideSheet) as error:
            raise PackageDamaged(place) from error
        found.append(
            Thread(
                row=cell.top,
                column=cell.left,
                identity=identity,
                text=_text_of(element),
                author=persons.get(attributes.get("personId", ""), ""),
                created=_plain(moment),
                resolved=attributes.get("done") in _TRUE,
                replies=tuple(replies.get(identity, ())),
            )
        )
    return found


def _plain(moment: dt.datetime | None) -> dt.datetime | None:
    """Return a moment in UTC without its zone."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def thread_at(document: Document, entry: SheetEntry, row: int, column: int) -> Thread | None:
    """Return a cell's thread."""
    for thread in threads_of(document, entry):
        if (thread.row, thread.column) == (row, column):
            return thread
    return None


def _persons_part(document: Document) -> str | None:
    return next(iter(document.parts.related(document.workbook_name, "person")), None)


def _persons(document: Document) -> dict[str, str]:
    name = _persons_part(document)
    listed = read_tree(document.parts.part(name), name).children if name else []
    return {
        person.attributes.get("id", ""): person.attributes.get("displayName", "")
        for person in listed
    }


def _writer(document: Document, identity: str) -> str:
    """Return the id of the writer without a name, who is added to the workbook's list where it has none."""
    name = _persons_part(document)
    if name is None:
        name = document.parts.free_name("xl/persons/person{}.xml")
        document.parts.add(name, _EMPTY_PERSONS, _PERSONS_TYPE)
        document.parts.relate(document.workbook_name, f"{_RELATIONS}/person", name)
    data = document.parts.part(name)
    root = read_tree(data, name)
    for person in root.children:
        stated = person.attributes
        if (stated.get("displayName"), stated.get("providerId")) == (_NOBODY, "None"):
            return stated.get("id", identity)
    prefix = root.prefix(data).decode()
    written = (
        f'<{prefix}person displayName="{_NOBODY}" id="{identity}" userId="{_NOBODY}"'
        ' providerId="None"/>'
    )
    document.parts.edit(name, splice(data, [inserted(data, root, written.encode())]))
    return identity


def _element(comment: NewComment, cell: str, writer: str, parent: str, prefix: str) -> bytes:
    moment = _plain(comment.moment)
    assert moment is not None, "a moment stays one"
    stated = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 10_000:02d}"
    tie = f' parentId="{attribute_text(parent)}"' if parent else ""
    text = escape_text(comment.text)
    return (
        f'<{prefix}threadedComment ref="{cell}" dT="{stated}" personId="{writer}"'
        f' id="{comment.identity}"{tie}><{prefix}text>{text}</{prefix}text>'
        f"</{prefix}threadedComment>"
    ).encode()


def add_thread(
    document: Document, entry: SheetEntry, row: int, column: int, comment: NewComment
) -> None:
    """Begin a thread at a cell; CommentInTheWay where there is one, or a note."""
    judge_free_cell(document, entry, row, column)
    note = Note(
        row=row,
        column=column,
        text=_for_older_versions(comment.text, ()),
        author=f"{THREAD_AUTHOR}{comment.identity}",
    )
    put_note(document, entry, note, uid=comment.identity)
    name = _part(document, entry)
    if name is None:
        name = document.parts.free_name("xl/threadedComments/threadedComment{}.xml")
        document.parts.add(name, _EMPTY_COMMENTS, _COMMENTS_TYPE)
        sheet = document.sheet_part(entry)
        document.parts.relate(sheet, f"{_RELATIONS}/threadedComment", name)
    data = document.parts.part(name)
    root = read_tree(data, name)
    cell = Area(row, column, row, column).text()
    prefix = root.prefix(data).decode()
    written = _element(comment, cell, _writer(document, comment.writer), "", prefix)
    document.parts.edit(name, splice(data, [inserted(data, root, written)]))


def add_reply(document: Document, entry: SheetEntry, thread: Thread, comment: NewComment) -> None:
    """Reply to a thread."""
    name = _part(document, entry)
    assert name is not None, "the thread stands in it"
    place = document.sheet(entry).place(thread.row, thread.column)
    _judge_note(document, entry, thread, (*thread.replies, comment.text), place)
    data = document.parts.part(name)
    root = read_tree(data, name)
    own = [e for e in root.children if _belongs(e, thread)]
    cell = Area(thread.row, thread.column, thread.row, thread.column).text()
    writer = _writer(document, comment.writer)
    written = _element(comment, cell, writer, thread.identity, root.prefix(data).decode())
    document.parts.edit(name, splice(data, [(own[-1].end, own[-1].end, written)]))
    _settle_note(document, entry, thread)


def set_thread_text(document: Document, entry: SheetEntry, thread: Thread, text: str) -> None:
    """Let the first comment of a thread say something else; whom it mentioned is forgotten."""
    name = _part(document, entry)
    assert name is not None, "the thread stands in it"
    data = document.parts.part(name)
    element = next(e for e in _elements(document, entry) if _is_first(e, thread))
    body = element.find("text")
    prefix = element.prefix(data).decode()
    place = document.sheet(entry).place(thread.row, thread.column)
    written = f"<{prefix}text>{escape_text(text, place)}</{prefix}text>".encode()
    edits: list[Edit] = [removed(e) for e in element.all("mentions")]
    if body is None:
        edits.append((element.open_end, element.open_end, written))
    else:
        edits.append((body.start, body.end, written))
    document.parts.edit(name, splice(data, edits))
    _settle_note(document, entry, thread)


def resolve_thread(
    document: Document, entry: SheetEntry, thread: Thread, *, resolved: bool
) -> None:
    """Resolve a thread, or reopen it."""
    name = _part(document, entry)
    assert name is not None, "the thread stands in it"
    data = document.parts.part(name)
    element = next(e for e in _elements(document, entry) if _is_first(e, thread))
    done = "1" if resolved else None
    document.parts.edit(name, splice(data, [tag_edit(data, element, done=done)]))


def delete_thread(document: Document, entry: SheetEntry, thread: Thread) -> None:
    """Delete a thread with its replies and its note; the part goes with the last one."""
    name = _part(document, entry)
    assert name is not None, "the thread stands in it"
    elements = _elements(document, entry)
    own = [e for e in elements if _belongs(e, thread)]
    if len(own) == len(elements):
        sheet = document.sheet_part(entry)
        for relation in document.parts.relations(sheet):
            if relation.kind == "threadedComment":
                document.parts.unrelate(sheet, relation.key)
        document.parts.remove(name)
    else:
        edits = [removed(element) for element in own]
        document.parts.edit(name, splice(document.parts.part(name), edits))
    note = standing_note(document, entry, thread.row, thread.column)
    if note is not None and note.belongs_to_thread:
        remove_note(document, entry, thread.row, thread.column)


def _is_first(element: Element, thread: Thread) -> bool:
    return element.attributes.get("id") == thread.identity


def _belongs(element: Element, thread: Thread) -> bool:
    return _is_first(element, thread) or element.attributes.get("parentId") == thread.identity


def _for_older_versions(text: str, replies: tuple[str, ...]) -> str:
    return _FOR_OLDER_VERSIONS + text + "".join(f"\nReply:\n    {reply}" for reply in replies)


def _judge_note(
    document: Document, entry: SheetEntry, thread: Thread, replies: tuple[str, ...], place: str
) -> None:
    """Refuse a thread whose note would be too long, before anything is changed."""
    if standing_note(document, entry, thread.row, thread.column) is not None:
        escape_text(_for_older_versions(thread.text, replies), place)


def _settle_note(document: Document, entry: SheetEntry, thread: Thread) -> None:
    """Let the note say what the thread says now."""
    now = thread_at(document, entry, thread.row, thread.column)
    note = standing_note(document, entry, thread.row, thread.column)
    if now is not None and note is not None and note.belongs_to_thread:
        text = _for_older_versions(now.text, now.replies)
        set_note_text(document, entry, thread.row, thread.column, text)
