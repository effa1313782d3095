"""
What kind of workbook a file name asks for, and the content type that says so. Knows no sheet.
"""

from __future__ import annotations

from pathlib import Path

from excel_client.file_engine.problems import FileKindRefused
from excel_client.file_engine.workbook.part_store import CONTENT_TYPES, PartStore
from excel_client.file_engine.workbook.relations import with_override, without_override

__all__ = ["has_macros", "restated_types"]

_OPEN = "application/vnd.openxmlformats-officedocument.spreadsheetml.{}.main+xml"
_MACROS = "application/vnd.ms-excel.{}.macroEnabled.main+xml"
_KINDS = {
    ".xlsx": _OPEN.format("sheet"),
    ".xltx": _OPEN.format("template"),
    ".xlsm": _MACROS.format("sheet"),
    ".xltm": _MACROS.format("template"),
}
_MACRO_PARTS = {"vbaProject", "xlMacrosheet", "xlIntlMacrosheet"}


def has_macros(parts: PartStore, workbook: str) -> bool:
    """Whether the workbook carries macros of either kind."""
    return any(relation.kind in _MACRO_PARTS for relation in parts.relations(workbook))


def restated_types(
    parts: PartStore, workbook: str, path: Path | None, target: Path
) -> bytes | None:
    """
    Return the content types as a workbook from `path` needs them to be saved as `target`, None where they fit.

    Raises FileKindRefused for another format, and for macros in a kind of file that may not have them.
    """
    suffix = target.suffix.lower()
    if path is not None and suffix == path.suffix.lower():
        return None
    if suffix not in _KINDS:
        raise FileKindRefused(target.name)
    kind = _KINDS[suffix]
    if kind.startswith(_OPEN[:30]) and has_macros(parts, workbook):
        raise FileKindRefused(target.name)
    types = parts.part(CONTENT_TYPES)
    if f'"{kind}"'.encode() in types:
        return None
    without = without_override(types, workbook, CONTENT_TYPES)
    return with_override(without, workbook, kind, CONTENT_TYPES)
