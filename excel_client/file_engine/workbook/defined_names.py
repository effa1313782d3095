"""
Defined names: which are allowed, what they stand for, how they are added, renamed and found.

Source: ECMA-376 part 1, 18.2.5 and 18.17.2.5. Knows no xlwings.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from excel_client.file_engine.formulas.formula_references import Reference, replace_references
from excel_client.file_engine.formulas.formula_text import to_file
from excel_client.file_engine.formulas.references import (
    COLUMN_LIMIT,
    ROW_LIMIT,
    Area,
    column_number,
)
from excel_client.file_engine.formulas.sheet_prefixes import quoted
from excel_client.file_engine.problems import NameRefused, OutsideFileEngine, OutsideSheet
from excel_client.file_engine.workbook.workbook_part import DefinedName, SheetEntry
from excel_client.file_engine.xml.xml_spans import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from excel_client.file_engine.workbook.document import Document

__all__ = [
    "BUILT_IN",
    "PRINT_AREA",
    "area_of",
    "judge_name",
    "listed_names",
    "put_name",
    "remove_name",
    "rename_name",
    "scope_of",
    "shown_name",
    "split_sheet",
    "stored_formula",
    "table_names",
]

BUILT_IN = "_xlnm."
PRINT_AREA = f"{BUILT_IN}Print_Area"

_NAME = re.compile(r"[^\W\d]\w*[\w.\\?]*|[_\\][\w.\\?]*")
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ROW_AND_COLUMN = re.compile(r"[rR][0-9]*(?:[cC][0-9]*)?|[cC][0-9]*")
_RESERVED = {"true", "false"}
_RESERVED_STARTS = ("_xlnm.", "_xlfn.", "_xlpm.", "_xlws.")
_NAME_LIMIT = 255
_FORMULA_LIMIT = 8192
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WITH_SHEET = re.compile(r"('(?:[^']|'')+'|[^'!\s]+)!(.+)", re.DOTALL)
_WITHOUT_FORMULAS = (
    "xl/sharedStrings",
    "xl/styles",
    "xl/theme/",
    "xl/media/",
    "docProps/",
    "customXml/",
)


def split_sheet(text: str) -> tuple[str | None, str]:
    """Return the sheet that stands before a name or an address, None without one, and the rest."""
    match = _WITH_SHEET.fullmatch(text)
    if match is None:
        return None, text
    stated = match[1]
    return (stated[1:-1].replace("''", "'") if stated.startswith("'") else stated), match[2]


def judge_name(document: Document, name: str) -> None:
    """Refuse what Excel would not take for a name."""
    cell = _CELL.fullmatch(name)
    is_cell = (
        cell is not None
        and column_number(cell[1].upper()) <= COLUMN_LIMIT
        and 1 <= int(cell[2]) <= ROW_LIMIT
    )
    if (
        not _NAME.fullmatch(name)
        or len(name) > _NAME_LIMIT
        or is_cell
        or _ROW_AND_COLUMN.fullmatch(name)
        or name.casefold() in _RESERVED
        or name.casefold().startswith(_RESERVED_STARTS)
        or name.casefold() in table_names(document)
    ):
        raise NameRefused


def table_names(document: Document) -> set[str]:
    """Return the names of all tables, in lower case."""
    parts = document.parts
    found = set()
    for entry in document.worksheets():
        for table in parts.related(document.sheet_part(entry), "table"):
            found.add(read_tree(parts.part(table), table).attributes.get("displayName", ""))
    return {name.casefold() for name in found}


def stored_formula(refers_to: object, sheet: str) -> str:
    """
    Return what a name stands for as it is stored: a formula begins with an equals sign, anything else is a constant.

    References without a sheet are those of the sheet given here, as in Excel those of the active one.
    """
    if isinstance(refers_to, bool):
        return str(refers_to).upper()
    if isinstance(refers_to, (int, float)):
        return repr(refers_to)
    if not isinstance(refers_to, str) or not refers_to.strip("= ") or _CONTROL.search(refers_to):
        raise NameRefused
    if not refers_to.startswith("="):
        text = refers_to.replace('"', '""')
        if len(refers_to) > _NAME_LIMIT:
            raise NameRefused
        return f'"{text}"'

    def placed(reference: Reference) -> str | None:
        if reference.written_prefix or reference.area is None:
            return None
        return f"{quoted(sheet)}!{reference.text}"

    formula = replace_references(to_file(refers_to[1:].strip()), placed)
    if not formula or len(formula) > _FORMULA_LIMIT:
        raise NameRefused
    return formula


def area_of(name: DefinedName) -> tuple[str, Area] | None:
    """Return the sheet and the one area that a name stands for, or None when it is something else."""
    stated = name.refers_to.strip()
    sheet, address = split_sheet(stated)
    if sheet is None or stated.startswith("#") or set(sheet) & set("[:") or "!" in address:
        return None
    try:
        return sheet, Area.parse(address)
    except (ValueError, OutsideSheet):
        return None


def scope_of(document: Document, name: DefinedName) -> SheetEntry | None:
    """Return the sheet that a name belongs to, None for a name of the workbook."""
    if name.sheet_index is None:
        return None
    return document.workbook.sheets[name.sheet_index]


def shown_name(document: Document, name: DefinedName) -> str:
    """Return a name as Excel lists it, with its sheet where it belongs to one."""
    text = name.name.removeprefix(BUILT_IN)
    scope = scope_of(document, name)
    return text if scope is None else f"{quoted(scope.name)}!{text}"


def listed_names(document: Document) -> list[DefinedName]:
    """Return the names as Excel orders them, without those it made for itself and hid."""
    count = len(document.workbook.sheets)
    listed = [
        name
        for name in document.workbook.names
        if not (name.is_hidden and name.name.startswith(BUILT_IN))
        and (name.sheet_index is None or 0 <= name.sheet_index < count)
    ]
    return sorted(listed, key=_order)


def _order(name: DefinedName) -> tuple[str, int]:
    place = -1 if name.sheet_index is None else name.sheet_index
    return name.name.removeprefix(BUILT_IN).casefold(), place


def _same(one: DefinedName, other: DefinedName) -> bool:
    return one.name.casefold() == other.name.casefold() and one.sheet_index == other.sheet_index


def put_name(document: Document, name: DefinedName) -> DefinedName:
    """Add a name in its place, or let the one that exists stand for something else."""
    names = list(document.workbook.names)
    for index, standing in enumerate(names):
        if _same(standing, name):
            names[index] = replace(standing, refers_to=name.refers_to)
            document.set_names(tuple(names))
            return standing
    place = next((i for i, n in enumerate(names) if _order(n) > _order(name)), len(names))
    names.insert(place, name)
    document.set_names(tuple(names))
    return name


def remove_name(document: Document, name: DefinedName) -> None:
    """Remove a name; formulas that use it stay as they are."""
    names = document.workbook.names
    document.set_names(tuple(standing for standing in names if not _same(standing, name)))


def rename_name(document: Document, name: DefinedName, new: str) -> DefinedName:
    """Give a name another name; refused where a formula might use it."""
    judge_name(document, new)
    renamed = replace(name, name=new, tag=b"")
    others = [n for n in document.workbook.names if not _same(n, name)]
    if any(_same(n, renamed) for n in others):
        raise NameRefused
    if name.name.startswith(BUILT_IN) or _is_used(document, name.name):
        raise OutsideFileEngine(place="name")
    document.set_names(tuple(others))
    return put_name(document, renamed)


def _is_used(document: Document, name: str) -> bool:
    """Whether a part of the workbook that can hold formulas has this word in it."""
    word = re.compile(rf"(?<![\w.\\]){re.escape(name)}(?![\w.\\(])", re.IGNORECASE)
    if any(word.search(standing.refers_to) for standing in document.workbook.names):
        return True
    return any(word.search(text) for text in _formula_parts(document))


def _formula_parts(document: Document) -> Iterator[str]:
    sheets = {document.sheet_part(entry): entry for entry in document.worksheets()}
    for part in document.parts.names:
        if part in sheets and document.has_model(sheets[part]):
            yield from (bytes(p).decode() for p in document.sheet(sheets[part]).stream())
        elif (
            part.endswith((".xml", ".vml"))
            and part != document.workbook_name
            and not part.startswith(_WITHOUT_FORMULAS)
        ):
            yield document.parts.part(part).decode(errors="replace")
