"""The part of cell formats: read with the theme that it speaks of, and written with the formats that were added."""

from __future__ import annotations

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.workbook.part_store import PartStore
from excel_client.file_engine.xml.xml_spans import RELATION

__all__ = ["read_styles", "write_styles"]

_NAME = "xl/styles.xml"
_OTHER_NAMES = "xl/styles{}.xml"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"


def _related(parts: PartStore, workbook: str, kind: str) -> str | None:
    return next(iter(parts.related(workbook, kind)), None)


def read_styles(parts: PartStore, workbook: str) -> Styles:
    """Return a workbook's cell formats; the theme is read when a colour of it is asked for."""

    def theme() -> bytes | None:
        part = _related(parts, workbook, "theme")
        return parts.part(part) if part else None

    name = _related(parts, workbook, "styles")
    return Styles(parts.part(name) if name else None, name or _NAME, theme)


def write_styles(parts: PartStore, workbook: str, styles: Styles) -> None:
    """Let the part have the formats that were added; a workbook without the part gets one."""
    if not styles.changed:
        return
    name = _related(parts, workbook, "styles")
    if name is None:
        name = _NAME if not parts.has(_NAME) else parts.free_name(_OTHER_NAMES)
        parts.add(name, styles.data, _TYPE)
        parts.relate(workbook, f"{RELATION}/styles", name)
    parts.edit(name, styles.written_into(parts.part(name)))
