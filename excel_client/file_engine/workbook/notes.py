"""
Notes of cells, which were called comments before there were threads: their text in one part, their boxes in another.

Text and box come and go together; what else the parts hold stays as it was. A thread of comments leaves a note behind
for older versions of Excel, which is not listed as a note. Source: ECMA-376 part 1, 18.7. Knows no xlwings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    CommentInTheWay,
    MergedCellsInTheWay,
    PackageDamaged,
)
from excel_client.file_engine.sheet.note_anchors import note_anchor
from excel_client.file_engine.workbook.document import Document
from excel_client.file_engine.workbook.note_shapes import (
    EMPTY_DRAWING,
    has_shapes,
    id_blocks,
    with_note_shape,
    without_note_shape,
)
from excel_client.file_engine.workbook.part_store import CONTENT_TYPES
from excel_client.file_engine.workbook.relations import relations_name, with_override
from excel_client.file_engine.workbook.workbook_part import SheetEntry
from excel_client.file_engine.xml.cell_text import escape_text, unescape_text
from excel_client.file_engine.xml.element_edits import inserted, opening_tag, removed
from excel_client.file_engine.xml.xml_spans import (
    MAIN,
    RELATION,
    Element,
    read_tree,
    set_attribute,
    splice,
)

__all__ = [
    "THREAD_AUTHOR",
    "Note",
    "add_note",
    "delete_note",
    "judge_free_cell",
    "note_at",
    "noted_cells",
    "notes_of",
    "put_note",
    "remove_note",
    "set_note_text",
    "standing_note",
]

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_EMPTY_COMMENTS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'
).encode()
_REVISIONS = "http://schemas.microsoft.com/office/spreadsheetml/2014/revision"
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
#: The font that Excel gives the text of a note.
_FONT = '<{0}sz val="9"/><{0}color indexed="81"/><{0}rFont val="Tahoma"/><{0}family val="2"/>'
#: What the author of a note begins with that only stands for a thread; the thread's id follows.
THREAD_AUTHOR = "tc="


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A cell's note."""

    row: int
    column: int
    text: str
    author: str

    @property
    def belongs_to_thread(self) -> bool:
        """Whether it only stands for a thread of comments."""
        return self.author.startswith(THREAD_AUTHOR)


def notes_of(document: Document, entry: SheetEntry) -> list[Note]:
    """Return a sheet's notes."""
    return [note for note, _ in _standing(document, entry) if not note.belongs_to_thread]


def noted_cells(document: Document, entry: SheetEntry) -> set[tuple[int, int]]:
    """Return row and column of each cell that has a note or a thread of comments."""
    return {(note.row, note.column) for note, _ in _standing(document, entry)}


def note_at(document: Document, entry: SheetEntry, row: int, column: int) -> Note | None:
    """Return a cell's note."""
    note = standing_note(document, entry, row, column)
    return note if note is not None and not note.belongs_to_thread else None


def standing_note(document: Document, entry: SheetEntry, row: int, column: int) -> Note | None:
    """Return what stands at a cell in the part of the notes, for a thread or not."""
    found = _find(document, entry, row, column)
    return found[0] if found else None


def judge_free_cell(document: Document, entry: SheetEntry, row: int, column: int) -> None:
    """Refuse a cell that can take no note: one with a note or a thread, or one hidden in a merged area."""
    sheet = document.sheet(entry)
    cell = Area(row, column, row, column)
    if standing_note(document, entry, row, column) is not None:
        raise CommentInTheWay(sheet.place(row, column))
    for merged in sheet.surroundings.merged:
        if merged.meets(cell) and (merged.top, merged.left) != (row, column):
            raise MergedCellsInTheWay(sheet.where(merged.text()))


def add_note(
    document: Document, entry: SheetEntry, row: int, column: int, text: str, author: str
) -> None:
    """Add a note to a cell that has none; CommentInTheWay where there is one, or a thread of comments."""
    judge_free_cell(document, entry, row, column)
    put_note(document, entry, Note(row=row, column=column, text=text, author=author))


def set_note_text(document: Document, entry: SheetEntry, row: int, column: int, text: str) -> None:
    """Give a cell's note another text, in the font that its text begins with."""
    name = _comments_part(document, entry)
    found = _find(document, entry, row, column)
    if name is None or found is None:
        raise KeyError(document.sheet(entry).place(row, column))
    data = document.parts.part(name)
    element = found[1].find("text")
    if element is None:
        raise PackageDamaged(name)
    first = next(iter(element.all("r")), None)
    font = first.find("rPr") if first else None
    prefix = element.prefix(data).decode()
    written = data[font.start : font.end] if font else _usual_font(found[0], prefix)
    body = _text(text, prefix, written, document.sheet(entry).place(row, column))
    document.parts.edit(name, splice(data, [(element.start, element.end, body)]))


def delete_note(document: Document, entry: SheetEntry, row: int, column: int) -> None:
    """Delete a cell's note; KeyError where there is none."""
    if note_at(document, entry, row, column) is None:
        raise KeyError(document.sheet(entry).place(row, column))
    remove_note(document, entry, row, column)


# Parts


def _comments_part(document: Document, entry: SheetEntry) -> str | None:
    return next(iter(document.parts.related(document.sheet_part(entry), "comments")), None)


def _standing(document: Document, entry: SheetEntry) -> list[tuple[Note, Element]]:
    """Return all notes of a sheet with their elements."""
    name = _comments_part(document, entry)
    if name is None:
        return []
    root = read_tree(document.parts.part(name), name)
    authors, listed = root.find("authors"), root.find("commentList")
    names = [_plain(author.text) for author in (authors.children if authors else ())]
    found = []
    for element in listed.all("comment") if listed else ():
        try:
            cell = Area.parse(element.attributes["ref"])
            author = int(element.attributes.get("authorId", "0"))
        except (KeyError, ValueError) as error:
            raise PackageDamaged(name) from error
        note = Note(
            row=cell.top,
            column=cell.left,
            text=_shown(element),
            author=names[author] if 0 <= author < len(names) else "",
        )
        found.append((note, element))
    return found


def _find(
    document: Document, entry: SheetEntry, row: int, column: int
) -> tuple[Note, Element] | None:
    name = _comments_part(document, entry)
    reference = Area(row, column, row, column).text().encode()
    # Most cells have no note, and a part with many is not read for each of them.
    if name is None or not re.search(rb"[\"']%b[\"']" % reference, document.parts.part(name)):
        return None
    for note, element in _standing(document, entry):
        if (note.row, note.column) == (row, column):
            return note, element
    return None


def _plain(text: str) -> str:
    return unescape_text(text.replace("&", "&amp;")) if "_x" in text else text


def _shown(comment: Element) -> str:
    body = comment.find("text")
    pieces = []
    for child in body.children if body else ():
        text = child.find("t") if child.name == "r" else child
        if text is not None and text.name == "t":
            pieces.append(_plain(text.text))
    return "".join(pieces)


def _text(text: str, prefix: str, font: bytes | None, place: str) -> bytes:
    """Return the element that holds a note's text, without a font for None; TextTooLong before anything is changed."""
    text = escape_text(text.replace("\r\n", "\n").replace("\r", "\n"), place)
    run = f'<{prefix}t xml:space="preserve">{text}</{prefix}t>'.encode()
    if font is not None:
        opening, closing = f"<{prefix}r>".encode(), f"</{prefix}r>".encode()
        run = opening + font + run + closing
    return f"<{prefix}text>".encode() + run + f"</{prefix}text>".encode()


def _usual_font(note: Note, prefix: str) -> bytes | None:
    """Return the font of a new note; what stands for a thread has none of its own."""
    if note.belongs_to_thread:
        return None
    return f"<{prefix}rPr>{_FONT.format(prefix)}</{prefix}rPr>".encode()


def put_note(document: Document, entry: SheetEntry, note: Note, *, uid: str = "") -> None:
    """Add a note to a cell that has none, with its box; `uid` ties it to a thread of comments."""
    parts, sheet = document.parts, document.sheet(entry)
    part = document.sheet_part(entry)
    drawing = _drawing_part(document, entry)
    shapes = parts.part(drawing) if drawing else EMPTY_DRAWING
    anchor = note_anchor(sheet, note.row, note.column)
    place = drawing or "drawing"
    shapes = with_note_shape(shapes, (note.row, note.column), anchor, _free_block(document), place)
    name = _comments_part(document, entry)
    comments = parts.part(name) if name else _EMPTY_COMMENTS
    comments = _with_comment(comments, note, uid, sheet.place(note.row, note.column))
    if name:
        parts.edit(name, comments)
    else:
        name = parts.free_name("xl/comments{}.xml")
        parts.add(name, comments, _COMMENTS_TYPE)
        parts.relate(part, f"{RELATION}/comments", name)
    if drawing:
        parts.edit(drawing, shapes)
        return
    drawing = parts.free_name("xl/drawings/vmlDrawing{}.vml")
    parts.add(drawing, shapes, "")
    _state_drawing_type(document)
    key = parts.relate(part, f"{RELATION}/vmlDrawing", drawing)
    around = sheet.surroundings
    relation = around.relation_prefix()
    written = f'<{around.prefix()}legacyDrawing {relation}:id="{key}"/>'.encode()
    around.put_children("legacyDrawing", written)
    sheet.changed = True


def remove_note(document: Document, entry: SheetEntry, row: int, column: int) -> None:
    """Drop a cell's note and its box; parts that hold nothing else go with it."""
    parts = document.parts
    drawing = _drawing_part(document, entry)
    shapes = parts.part(drawing) if drawing else b""
    if drawing:
        shapes = without_note_shape(shapes, row, column, drawing)
    name = _comments_part(document, entry)
    found = _find(document, entry, row, column)
    assert name is not None, "the caller found the note"
    assert found is not None, "the caller found the note"
    if len(_standing(document, entry)) == 1:
        _drop_part(document, entry, name)
    else:
        parts.edit(name, splice(parts.part(name), [removed(found[1])]))
    if drawing is None:
        return
    if has_shapes(shapes, drawing) or parts.has(relations_name(drawing)):
        parts.edit(drawing, shapes)
        return
    document.sheet(entry).surroundings.put_children("legacyDrawing", b"")
    document.sheet(entry).changed = True
    _drop_part(document, entry, drawing)


def _drop_part(document: Document, entry: SheetEntry, name: str) -> None:
    """Drop a part that the sheet alone points to."""
    sheet = document.sheet_part(entry)
    for relation in document.parts.relations(sheet):
        if not relation.is_external and document.parts.target(sheet, relation) == name:
            document.parts.unrelate(sheet, relation.key)
    document.parts.remove(name)


def _with_comment(data: bytes, note: Note, uid: str, place: str) -> bytes:
    """Return the part of the notes with one more, in the order of the cells."""
    data = _with_revisions(data, place) if uid else data
    root = read_tree(data, place)
    authors, listed = root.find("authors"), root.find("commentList")
    if authors is None or listed is None:
        raise PackageDamaged(place)
    prefix = root.prefix(data).decode()
    names = [_plain(author.text) for author in authors.children]
    edits = []
    if note.author not in names:
        author = escape_text(note.author, place)
        edits.append(inserted(data, authors, f"<{prefix}author>{author}</{prefix}author>".encode()))
        names.append(note.author)
    cell = Area(note.row, note.column, note.row, note.column)
    identity = f' xr:uid="{uid}"' if uid else ""
    tag = f'<{prefix}comment ref="{cell.text()}" authorId="{names.index(note.author)}" shapeId="0"'
    body = _text(note.text, prefix, _usual_font(note, prefix), place)
    written = f"{tag}{identity}>".encode() + body + f"</{prefix}comment>".encode()
    following = (e for e in listed.children if _order(e, place) > (note.row, note.column))
    edits.append(inserted(data, listed, written, before=next(following, None)))
    return splice(data, edits)


def _with_revisions(data: bytes, place: str) -> bytes:
    """Return the part with the namespace declared in which a note says to which thread it belongs."""
    root = read_tree(data, place)
    tag = opening_tag(data, root)
    if f'xmlns:xr="{_REVISIONS}"'.encode() in tag:
        return data
    ignored = f"{root.attributes.get(f'{_COMPATIBILITY} Ignorable', '')} xr".strip()
    tag = set_attribute(tag, "xmlns:mc", _COMPATIBILITY)
    tag = set_attribute(tag, "xmlns:xr", _REVISIONS)
    tag = set_attribute(tag, "mc:Ignorable", ignored)
    return splice(data, [(root.start, root.open_end, tag)])


def _order(comment: Element, place: str) -> tuple[int, int]:
    try:
        cell = Area.parse(comment.attributes["ref"])
    except (KeyError, ValueError) as error:
        raise PackageDamaged(place) from error
    return cell.top, cell.left


def _drawing_part(document: Document, entry: SheetEntry) -> str | None:
    """Return the drawing that holds the boxes of a sheet's notes, and perhaps other shapes."""
    part = document.sheet_part(entry)
    element = document.sheet(entry).surroundings.root.find("legacyDrawing")
    if element is None:
        return None
    key = element.attributes.get(f"{RELATION} id")
    for relation in document.parts.relations(part):
        if relation.key == key and not relation.is_external:
            return document.parts.target(part, relation)
    raise PackageDamaged(part)


def _free_block(document: Document) -> int:
    """Return a block of shape ids that no drawing of the workbook uses."""
    parts = document.parts
    drawings = [name for name in parts.names if name.lower().endswith(".vml")]
    return max((block for name in drawings for block in id_blocks(parts.part(name))), default=0) + 1


def _state_drawing_type(document: Document) -> None:
    types = document.parts.part(CONTENT_TYPES)
    stated = {
        element.attributes.get("Extension", "").lower()
        for element in read_tree(types, CONTENT_TYPES).all("Default")
    }
    if "vml" not in stated:
        data = with_override(types, "vml", _DRAWING_TYPE, CONTENT_TYPES, extension=True)
        document.parts.edit(CONTENT_TYPES, data)
