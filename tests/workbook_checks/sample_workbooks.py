"""
Workbooks made here, by three hands, for where other people's are not at hand: SAMPLES makes each at a path.

Between them they hold what a change must leave alone: charts, comments, sparklines, pivot tables, rich and inline
strings, shared, array and dynamic-array formulas, parts and elements that nobody knows.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

__all__ = ["SAMPLES"]


def _by_xlsxwriter(path: Path) -> Path:
    book = xlsxwriter.Workbook(path)
    money = book.add_format({"num_format": "#,##0.00", "bold": True})
    sheet = book.add_worksheet("Sales 2026")
    columns = [
        {"header": "Region"},
        {"header": "Sold", "format": money},
        {"header": "Twice", "formula": "=Sales[[#This Row],[Sold]]*2", "format": money},
    ]
    sheet.add_table("B3:D9", {"name": "Sales", "columns": columns})
    for row in range(3, 9):
        sheet.write(row, 1, f"region {row}")
        sheet.write(row, 2, row * 1.25, money)
        sheet.write_formula(row, 3, "=Sales[[#This Row],[Sold]]*2", money, row * 2.5)
    sheet.conditional_format("C4:C9", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("B4:B9", {"validate": "length", "criteria": "<", "value": 40})
    sheet.write_comment("C4", "said once")
    sheet.add_sparkline("F4", {"range": "'Sales 2026'!C4:C9"})
    sheet.write_dynamic_array_formula("H4", "=UNIQUE(Sales[Region])", None, "region 3")
    sheet.write_array_formula("K4:K5", "{=C4:C5*2}", money, 7.5)
    sheet.write_url("F1", "internal:'Sums'!A1", string="to the sums")
    sheet.protect("", {"select_locked_cells": True})
    sums = book.add_worksheet("Sums")
    sums.write_formula("A1", "=SUM(Sales[Sold])", None, 41.25)
    sums.write_rich_string("A2", "plain ", money, "bold")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Sums!$A$1:$A$1"})
    sums.insert_chart("C3", chart)
    book.add_worksheet("Behind").hide()
    book.define_name("Rate", "=0.19")
    book.define_name("Sums!Here", "=Sums!$A$1")
    book.close()
    return path


def _by_openpyxl(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = "Days"
    sheet.append(["Day", "Hours", "Note"])
    for day in range(1, 8):
        sheet.append([dt.datetime(2026, 3, day), day / 2, f"note {day}"])  # noqa: DTZ001 - a cell has no time zone
    sheet.add_table(Table(displayName="Days", ref="A1:C8"))
    sheet["A2"].comment = Comment("a comment", "someone")
    sheet["E1"] = "=SUM(Days[Hours])"
    sheet["E2"] = "=TODAY()"
    sheet.merge_cells("E4:F5")
    sheet.conditional_formatting.add(
        "B2:B8",
        ColorScaleRule(start_type="min", start_color="FF0000", end_type="max", end_color="00FF00"),
    )
    rule = DataValidation(type="list", formula1='"a,b"')
    rule.add("H1:H9")
    sheet.add_data_validation(rule)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = "H1:H9"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=8), titles_from_data=True)
    sheet.add_chart(chart, "H12")
    book.create_chartsheet("Picture").add_chart(BarChart())
    other = book.create_sheet("Other")
    other["A1"] = "=Days!B2"
    other.sheet_state = "hidden"
    book.save(path)
    return path


_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OVERRIDES = {
    "xl/workbook.xml": "sheet.main",
    "xl/worksheets/sheet1.xml": "worksheet",
    "xl/worksheets/sheet2.xml": "worksheet",
    "xl/styles.xml": "styles",
    "xl/sharedStrings.xml": "sharedStrings",
    "xl/calcChain.xml": "calcChain",
    "xl/tables/table7.xml": "table",
    "xl/pivotCache/pivotCacheDefinition1.xml": "pivotCacheDefinition",
    "xl/pivotCache/pivotCacheRecords1.xml": "pivotCacheRecords",
    "xl/pivotTables/pivotTable1.xml": "pivotTable",
}


def _relations(*lines: str) -> str:
    written = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate((line.split() for line in lines), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{written}</Relationships>'


def _content_types() -> str:
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="{_SHEET_TYPE}.{kind}+xml"/>'
        for part, kind in _OVERRIDES.items()
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="bin" ContentType="application/octet-stream"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


_SHEET = f"""<x:worksheet xmlns:x="{_MAIN}" xmlns:r="{_OFFICE}"><x:dimension ref="A1:D6"/><x:sheetData>
<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="inlineStr"><x:is><x:t>Amount</x:t></x:is></x:c></x:row>
<x:row r="2" ht="30" customHeight="1"><x:c r="A2" t="inlineStr"><x:is><x:r><x:t>rich </x:t></x:r><x:r><x:rPr><x:b/>
</x:rPr><x:t>text</x:t></x:r></x:is></x:c><x:c r="B2" s="1"><x:v>1.5</x:v></x:c>
<x:c r="C2"><x:f t="shared" ref="C2:C4" si="0">B2*2</x:f><x:v>3</x:v></x:c></x:row>
<x:row r="3"><x:c r="A3" t="s"><x:v>1</x:v></x:c><x:c r="B3" s="1"><x:v>2.5</x:v></x:c>
<x:c r="C3"><x:f t="shared" si="0"/><x:v>5</x:v></x:c></x:row>
<x:row r="4"><x:c r="A4" t="b"><x:v>1</x:v></x:c><x:c r="B4" s="1"><x:v>4</x:v></x:c>
<x:c r="C4"><x:f t="shared" si="0"/><x:v>8</x:v></x:c><x:c r="D4" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row>
</x:sheetData><x:pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>
<x:tableParts count="1"><x:tablePart r:id="rId1"/></x:tableParts>
<x:extLst><x:ext uri="{{00000000-1111-2222-3333-444444444444}}"><own:thing xmlns:own="urn:own" kept="yes"/></x:ext>
</x:extLst></x:worksheet>"""
_PIVOT_SHEET = f"""<worksheet xmlns="{_MAIN}"><sheetData>
<row r="1"><c r="A1" t="str"><v>Row</v></c></row></sheetData></worksheet>"""
_STRINGS = f"""<sst xmlns="{_MAIN}" count="2" uniqueCount="2"><si><t>Name</t></si>
<si><r><t xml:space="preserve">half </t></r><r><rPr><b/></rPr><t>bold</t></r></si></sst>"""
_STYLES = f"""<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="171" formatCode="0.000"/></numFmts>
<fonts count="1"><font><sz val="10"/><name val="Arial"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="171" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_WORKBOOK = f"""<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>
<sheets><sheet name="By hand" sheetId="4" r:id="rId1"/><sheet name="Pivot" sheetId="9" r:id="rId2"/></sheets>
<definedNames><definedName name="Amounts">'By hand'!$B$2:$B$4</definedName></definedNames>
<calcPr calcId="191029"/><pivotCaches><pivotCache cacheId="3" r:id="rId6"/></pivotCaches></workbook>"""
_CHAIN = (
    f"""<calcChain xmlns="{_MAIN}"><c r="C2" i="4"/><c r="C3"/><c r="C4"/><c r="D4"/></calcChain>"""
)
_TABLE = f"""<table xmlns="{_MAIN}" id="7" name="Hand" displayName="Hand" ref="A1:B4" totalsRowShown="0">
<autoFilter ref="A1:B4"/><tableColumns count="2">
<tableColumn id="1" name="Name"/><tableColumn id="5" name="Amount"/></tableColumns>
<tableStyleInfo name="TableStyleLight1" showFirstColumn="0" showLastColumn="0" showRowStripes="1"
 showColumnStripes="0"/></table>"""
_CACHE = f"""<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_OFFICE}" r:id="rId1" refreshedVersion="6" recordCount="1">
<cacheSource type="worksheet"><worksheetSource name="Hand"/></cacheSource><cacheFields count="2">
<cacheField name="Name" numFmtId="0"><sharedItems count="1"><s v="half bold"/></sharedItems></cacheField>
<cacheField name="Amount" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1"
 minValue="2.5" maxValue="2.5"/></cacheField></cacheFields></pivotCacheDefinition>"""
_RECORDS = f"""<pivotCacheRecords xmlns="{_MAIN}" count="1"><r><x v="0"/><n v="2.5"/></r></pivotCacheRecords>"""
_PIVOT = f"""<pivotTableDefinition xmlns="{_MAIN}" name="Pivot" cacheId="3" dataCaption="Values" updatedVersion="6">
<location ref="A3:A5" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">
<pivotField axis="axisRow" showAll="0"><items count="2"><item x="0"/><item t="default"/></items></pivotField>
<pivotField showAll="0"/></pivotFields><rowFields count="1"><field x="0"/></rowFields>
<rowItems count="2"><i><x/></i><i t="grand"><x/></i></rowItems></pivotTableDefinition>"""


def _hand_written() -> Mapping[str, str]:
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations("officeDocument xl/workbook.xml"),
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _relations(
            "worksheet worksheets/sheet1.xml",
            "worksheet worksheets/sheet2.xml",
            "styles styles.xml",
            "sharedStrings /xl/sharedStrings.xml",
            "calcChain calcChain.xml",
            "pivotCacheDefinition pivotCache/pivotCacheDefinition1.xml",
        ),
        "xl/worksheets/sheet1.xml": _SHEET,
        "xl/worksheets/_rels/sheet1.xml.rels": _relations("table ../tables/table7.xml"),
        "xl/worksheets/sheet2.xml": _PIVOT_SHEET,
        "xl/worksheets/_rels/sheet2.xml.rels": _relations(
            "pivotTable ../pivotTables/pivotTable1.xml"
        ),
        "xl/sharedStrings.xml": _STRINGS,
        "xl/styles.xml": _STYLES,
        "xl/calcChain.xml": _CHAIN,
        "xl/tables/table7.xml": _TABLE,
        "xl/pivotCache/pivotCacheDefinition1.xml": _CACHE,
        "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": _relations(
            "pivotCacheRecords pivotCacheRecords1.xml"
        ),
        "xl/pivotCache/pivotCacheRecords1.xml": _RECORDS,
        "xl/pivotTables/pivotTable1.xml": _PIVOT,
        "xl/pivotTables/_rels/pivotTable1.xml.rels": _relations(
            "pivotCacheDefinition ../pivotCache/pivotCacheDefinition1.xml"
        ),
    }


def _by_hand(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _hand_written().items():
            archive.writestr(name, _DECLARATION + text)
        # Stored, not packed, and led to by nobody.
        archive.writestr(zipfile.ZipInfo("xl/unknown/thing.bin"), bytes(range(256)))
    return path


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "xlsxwriter": _by_xlsxwriter,
    "openpyxl": _by_openpyxl,
    "by hand": _by_hand,
}
