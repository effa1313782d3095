"""Faults of sheets, formulas and tables, each with the code that must be found."""

from __future__ import annotations

from tests.workbook_checks.planting import swap

__all__ = ["FORMULA_FAULTS", "SHEET_FAULTS", "TABLE_FAULTS"]

_ENTRIES = "xl/worksheets/sheet1.xml"
_SUMMARY = "xl/worksheets/sheet2.xml"
_TABLE = "xl/tables/table1.xml"
_SECOND_TABLE = "xl/tables/table2.xml"
_TABLE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"

SHEET_FAULTS = (
    swap(
        "elements in the wrong order",
        "element-order",
        _ENTRIES,
        r"(<sheetData>.*</sheetData>)(.*)(<dataValidations.*</dataValidations>)",
        r"\3\1\2",
    ),
    swap(
        "columns described twice",
        "column-overlap",
        _ENTRIES,
        "<sheetData>",
        '<cols><col min="1" max="3" width="9"/><col min="2" max="2" width="9"/></cols><sheetData>',
    ),
    swap(
        "rows in the wrong order",
        "row-order",
        _ENTRIES,
        r'(<row r="2".*?</row>)(<row r="3".*?</row>)',
        r"\2\1",
    ),
    swap("a cell twice", "cell-order", _ENTRIES, r'(<c r="B2"[^>]*>.*?</c>)', r"\1\1"),
    swap("a cell in another's row", "cell-row", _ENTRIES, '<c r="B2"', '<c r="B9"'),
    swap("a cell beyond the last column", "cell-reference", _ENTRIES, '<c r="B2"', '<c r="ZZZZ2"'),
    swap(
        "a shared text that is not there",
        "cell-text",
        _ENTRIES,
        r't="s"><v>1</v>',
        't="s"><v>9999</v>',
    ),
    swap("a style that is not there", "cell-style", _ENTRIES, ' s="1"', ' s="999"'),
    swap(
        "a truth value that is none", "cell-value", _ENTRIES, r'(<c r="G2" t="b"><v>)1', r"\1maybe"
    ),
    swap("a number that is a word", "cell-value", _ENTRIES, r'(<c r="C2"[^>]*><v>)[^<]*', r"\1abc"),
    swap(
        "a date that is not ISO",
        "cell-value",
        _ENTRIES,
        r'<c r="A2"><v>[^<]*',
        r'<c r="A2" t="d"><v>03/01/2026',
    ),
    swap(
        "an inline text of 33,000 characters",
        "text-long",
        _ENTRIES,
        r'<c r="B2" t="s"><v>\d+</v>',
        f'<c r="B2" t="inlineStr"><is><t>{"P" * 33_000}</t></is>',
    ),
    swap(
        "merged areas that overlap",
        "merge-overlap",
        _SUMMARY,
        r'<mergeCells count="1">',
        '<mergeCells count="2"><mergeCell ref="B21:C22"/>',
    ),
    swap(
        "a merged area that is none",
        "merge-reference",
        _SUMMARY,
        '<mergeCell ref="A20:B21"',
        '<mergeCell ref="A20:"',
    ),
    swap("arrays that overlap", "array-overlap", _SUMMARY, 'ref="H1:H3"', 'ref="F1:H3"'),
    swap("an array without its area", "array-reference", _SUMMARY, 'ref="H1:H3"', 'ref="H"'),
    swap(
        "a rule without its cells",
        "rule-reference",
        _ENTRIES,
        '<conditionalFormatting sqref="C2:C13"',
        '<conditionalFormatting sqref=""',
    ),
    swap(
        "a rule with a style that is not there",
        "rule-style",
        _ENTRIES,
        r'<cfRule type="cellIs" dxfId="\d+"',
        '<cfRule type="cellIs" dxfId="77"',
    ),
    swap(
        "a rule with a structured reference",
        "rule-structured",
        _ENTRIES,
        r"(<cfRule [^>]*><formula>)0",
        r"\1tblTx[Amount]",
    ),
    swap(
        "a list too long to stand in a validation",
        "validation-long",
        _ENTRIES,
        "<formula1>.*?</formula1>",
        f'<formula1>"{",".join(["x" * 9] * 40)}"</formula1>',
    ),
    swap(
        "a validation whose title is too long",
        "validation-message",
        _ENTRIES,
        'errorTitle="Which',
        f'errorTitle="{"W" * 33}',
    ),
    swap(
        "a footer too long",
        "header-footer",
        _ENTRIES,
        "<oddFooter>&amp;P",
        f"<oddFooter>{'P' * 300}",
    ),
)

FORMULA_FAULTS = (
    swap("a formula that begins with =", "formula-equals", _SUMMARY, "<f>SUMIFS", "<f>=SUMIFS"),
    swap("a formula too long", "formula-long", _SUMMARY, "<f>SUMIFS", f"<f>{'1+' * 4100}SUMIFS"),
    swap(
        "a formula with brackets out of place",
        "formula-syntax",
        _SUMMARY,
        r"SUMIFS\(tblTx\[Amount\],",
        "SUMIFS(tblTx[Amount]((,",
    ),
    swap(
        "a new function without its prefix",
        "formula-prefix",
        _SUMMARY,
        r"_xlfn\._xlws\.FILTER",
        "FILTER",
    ),
    swap(
        "the short form of this row",
        "formula-shorthand",
        _ENTRIES,
        r"tblTx\[\[#This Row\],\[Amount\]\]",
        "[@Amount]",
    ),
    swap(
        "a table that is not there", "formula-table", _SUMMARY, r"tblTx\[Amount\]", "tblNo[Amount]"
    ),
    swap(
        "a shared formula without its master",
        "formula-shared",
        _SUMMARY,
        r"<f>SUMIFS.*?</f>",
        '<f t="shared" si="3"/>',
    ),
)

TABLE_FAULTS = (
    swap("a header other than its column", "table-header", _TABLE, 'name="Payee"', 'name="Payer"'),
    swap(
        "a header that is no text",
        "table-header",
        _ENTRIES,
        r'<c r="B1" t="s"><v>\d+</v>',
        '<c r="B1"><v>5</v>',
    ),
    swap(
        "two columns of one name", "table-column-duplicate", _TABLE, 'name="Debit"', 'name="amount"'
    ),
    swap(
        "two columns of one id",
        "table-column-id",
        _TABLE,
        'tableColumn id="2"',
        'tableColumn id="1"',
    ),
    swap(
        "a wrong count of columns",
        "table-count",
        _TABLE,
        'tableColumns count="4"',
        'tableColumns count="9"',
    ),
    swap(
        "an area narrower than its columns", "table-width", _TABLE, ' ref="A1:D13"', ' ref="A1:B13"'
    ),
    swap("an area that is none", "table-reference", _TABLE, ' ref="A1:D13"', ' ref="A1:D"'),
    swap("a table without a row", "table-rows", _TABLE, ' ref="A1:D13"', ' ref="A1:D1"'),
    swap(
        "a filter beyond the table",
        "table-filter",
        _TABLE,
        '<autoFilter ref="A1:D13"',
        '<autoFilter ref="A1:D99"',
    ),
    swap(
        "a table's name with a space",
        "table-name",
        _TABLE,
        'displayName="tblTx"',
        'displayName="tbl Tx"',
    ),
    swap(
        "a table's name that reads as a cell",
        "table-name",
        _TABLE,
        'displayName="tblTx"',
        'displayName="A1"',
    ),
    swap(
        "two tables of one name",
        "table-duplicate",
        _SECOND_TABLE,
        'displayName="tblTwo"',
        'displayName="TBLTX"',
    ),
    swap("two tables of one id", "table-id-duplicate", _SECOND_TABLE, ' id="2"', ' id="1"'),
    swap(
        "a table named as a defined name",
        "table-duplicate",
        _SECOND_TABLE,
        'displayName="tblTwo"',
        'displayName="Opening"',
    ),
    swap(
        "merged cells in a table",
        "table-merge",
        _SUMMARY,
        '<mergeCell ref="A20:B21"',
        '<mergeCell ref="A31:B32"',
    ),
    swap("an array in a table", "table-array", _SUMMARY, 'ref="H1:H3"', 'ref="A31:A32"'),
    swap(
        "tables that overlap",
        "table-overlap",
        "xl/worksheets/_rels/sheet2.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rId88" Type="{_TABLE_RELATION}" Target="../tables/table2.xml"/>'
        "</Relationships>",
    ),
    swap(
        "a column style that is not there",
        "table-style",
        _TABLE,
        r'dataDxfId="\d+"',
        'dataDxfId="77"',
    ),
    swap(
        "a calculated column in the short form",
        "formula-shorthand",
        _TABLE,
        r"tblTx\[\[#This Row\],\[Amount\]\]",
        "[@Amount]",
    ),
)
