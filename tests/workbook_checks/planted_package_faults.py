"""Faults of the archive, the package and the workbook part, each with the code that must be found."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.workbook_checks.planting import Fault, Parts, drop, swap

__all__ = ["ARCHIVE_FAULTS", "PACKAGE_FAULTS", "WORKBOOK_FAULTS"]

_ENTRIES = "xl/worksheets/sheet1.xml"
_WORKBOOK = "xl/workbook.xml"
_WORKBOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_STYLES = "xl/styles.xml"
_TEXTS = "xl/sharedStrings.xml"
_TYPES = "[Content_Types].xml"
_CHAIN = "xl/calcChain.xml"
_CHAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
_CHAIN_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"


def _plant_stale_chain(parts: Parts) -> None:
    chain = (
        '<?xml version="1.0"?><calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<c r="ZZ99" i="1"/></calcChain>'
    )
    parts[_CHAIN] = chain.encode()
    override = f'<Override PartName="/{_CHAIN}" ContentType="{_CHAIN_TYPE}"/></Types>'
    parts[_TYPES] = parts[_TYPES].replace(b"</Types>", override.encode())
    relation = f'<Relationship Id="rId99" Type="{_CHAIN_RELATION}" Target="calcChain.xml"/></Relationships>'
    parts[_WORKBOOK_RELATIONS] = parts[_WORKBOOK_RELATIONS].replace(
        b"</Relationships>", relation.encode()
    )


PACKAGE_FAULTS = (
    swap("xml that is not well-formed", "xml", _ENTRIES, "</sheetData>", "</sheetdata>"),
    swap("a control character in a text", "xml", _TEXTS, "Payee 1", "Pay&#x1;ee"),
    drop("no workbook part", "part-missing", _WORKBOOK),
    drop("a chart that is not there", "relation-missing", "xl/charts/chart1.xml"),
    drop("a type for a part that is not there", "content-type-orphan", "docProps/app.xml"),
    swap(
        "a table without a type",
        "content-type-missing",
        _TYPES,
        r'<Override PartName="/xl/tables/table1.xml"[^>]*/>',
        "",
    ),
    swap(
        "a part with two types",
        "content-type-duplicate",
        _TYPES,
        r'(<Override PartName="/xl/tables/table1.xml"[^>]*/>)',
        r"\1\1",
    ),
    swap("a relationship's id twice", "relation-duplicate", _WORKBOOK_RELATIONS, "rId2", "rId1"),
    swap(
        "a relationship that nobody knows",
        "relation-unknown",
        _ENTRIES,
        r'r:id="rId1"',
        'r:id="rId77"',
    ),
    swap(
        "a prefix whose namespace was lost",
        "ignorable-prefix",
        _ENTRIES,
        "<worksheet ",
        '<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" ',
    ),
)

WORKBOOK_FAULTS = (
    swap(
        "a sheet's name too long", "sheet-name", _WORKBOOK, 'name="Summary"', f'name="{"S" * 40}"'
    ),
    swap(
        "two sheets of one name", "sheet-duplicate", _WORKBOOK, 'name="Summary"', 'name="ENTRIES"'
    ),
    swap("two sheets of one id", "sheet-id-duplicate", _WORKBOOK, 'sheetId="2"', 'sheetId="1"'),
    swap(
        "no visible sheet",
        "sheet-none-visible",
        _WORKBOOK,
        r"<sheet (.*?)<sheet ",
        r'<sheet state="hidden" \1<sheet state="hidden" ',
    ),
    swap(
        "an active sheet beyond the last",
        "active-sheet",
        _WORKBOOK,
        "<workbookView ",
        '<workbookView activeTab="9" ',
    ),
    swap(
        "a name twice",
        "name-duplicate",
        _WORKBOOK,
        "</definedNames>",
        '<definedName name="OPENING">1</definedName></definedNames>',
    ),
    swap(
        "a name that begins with a digit",
        "name-invalid",
        _WORKBOOK,
        'name="Opening"',
        'name="1Opening"',
    ),
    swap("a name that reads as a cell", "name-invalid", _WORKBOOK, 'name="Opening"', 'name="AB12"'),
    swap(
        "a name for a sheet that is not there",
        "name-reference",
        _WORKBOOK,
        r"Summary!\$D\$1",
        "Nowhere!$D$1",
    ),
    swap(
        "a name in the scope of no sheet",
        "name-scope",
        _WORKBOOK,
        'name="Opening"',
        'name="Opening" localSheetId="7"',
    ),
    swap("a text of 33,000 characters", "text-long", _TEXTS, "Payee 1", "P" * 33_000),
    swap(
        "a style with a font that is not there",
        "style-part",
        _STYLES,
        r'(<cellXfs.*?)fontId="0"',
        r'\1fontId="88"',
    ),
    swap(
        "a number format with an open quote",
        "number-format",
        _STYLES,
        "&quot;nil&quot;",
        "&quot;nil",
    ),
    Fault(name="a stale calculation chain", code="calculation-chain", plant=_plant_stale_chain),
)


def _truncated(package: bytes) -> bytes:
    return package[: len(package) // 2]


def _damaged(package: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        entry = archive.getinfo(_ENTRIES)
    middle = entry.header_offset + 30 + len(_ENTRIES) + entry.compress_size // 2
    return package[:middle] + bytes([package[middle] ^ 0xFF]) + package[middle + 1 :]


def _repacked(package: bytes, name: str, method: int) -> bytes:
    """Pack again with one part under another name and by another method."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(packed, "w") as target,
    ):
        for part in source.namelist():
            target.writestr(part, source.read(part))
        target.writestr(zipfile.ZipInfo(name), b"<x/>", method)
    return packed.getvalue()


#: Faults of the archive itself: a change of the package's bytes, and the code of its finding.
ARCHIVE_FAULTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "half a file": ("zip", _truncated),
    "a damaged part": ("zip", _damaged),
    "two parts that differ by case": (
        "zip-duplicate",
        lambda package: _repacked(package, "XL/workbook.xml", zipfile.ZIP_STORED),
    ),
    "a part packed as Excel cannot": (
        "zip-method",
        lambda package: _repacked(package, "xl/more.xml", zipfile.ZIP_LZMA),
    ),
    "a part with a root's path": (
        "zip-name",
        lambda package: _repacked(package, "/xl/more.xml", zipfile.ZIP_STORED),
    ),
}
