"""
A refresh of a workbook that its user has made their own: a cell-by-cell comparison shows only what should change.

New columns with formulas, sorted and filtered rows, hidden and moved columns, a pivot table and a chart of their own,
renamed sheets, and thousands of rows filled down under a filter.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from excel_client.file_engine import BackupPolicy, FileStore, register
from tests.acceptance.running_server import Person, running_server
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement
from tests.workbook_checks.ooxml_lint import lint
from workbooks.sheet_map import (
    LEDGER_TABLE,
    REVIEW_TABLE,
    TABLES,
    AccountsColumn,
    LedgerColumn,
    ReviewColumn,
)

MANY = 3_000
#: Columns that a refresh may write in a row whose entry did not change: none. In Accounts, what is stated or summed.
_ACCOUNTS_FOLLOW = {str(column) for column in AccountsColumn}

Shown = dict[str, dict[tuple[int, int], Any]]


def statement(first: int, last: int) -> bytes:
    transactions = [
        MadeTransaction(
            posted_on=f"2026-{1 + number % 9:02}-{1 + number % 28:02}",
            amount=f"{'-' if number % 3 else ''}{number % 977}.{number % 100:02}",
            name=f"Payee {number % 211}",
            bank_id=f"T{number}",
        )
        for number in range(first, last)
    ]
    return ofx_statement([MadeAccount(account_id="5550001", transactions=transactions)])


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with running_server(tmp_path / "server") as server:
        yield Person.who_signs_up(tmp_path / "person", server.origin)


def made_workbook(person: Person, entries: int) -> Path:
    file = person.folder / "first.ofx"
    file.write_bytes(statement(0, entries))
    assert person.run("import", "--yes", str(file)).code == 0
    path = person.folder / "ledger.xlsx"
    assert person.run("refresh", str(path)).code == 0
    return path


class edited:  # noqa: N801 - reads as a word
    """The workbook, open for its user, saved at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        engine = register(store=FileStore(backups=BackupPolicy(keep=0)))
        self._app = engine.apps.add(add_book=False)

    def __enter__(self) -> xw.Book:
        self._book = self._app.books.open(str(self._path))
        return self._book

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is None:
            self._book.save()
        self._app.quit()
        register(store=FileStore(backups=BackupPolicy()))


def ledger_of(book: xw.Book) -> Any:
    """The Ledger table, wherever its sheet is now and whatever it is called."""
    return next(t for s in book.sheets for t in s.tables if t.name == LEDGER_TABLE.name)


def headers(table: Any) -> list[str]:
    return list(table.header_row_range.options(ndim=1).value)


def cells_of(book: xw.Book) -> Shown:
    """What every cell of every sheet says: formulas as formulas, the rest as values."""
    shown: Shown = {}
    for sheet in book.sheets:
        used = sheet.used_range
        top, left = used.row, used.column
        values = used.options(ndim=2).value
        formulas: Any = used.formula
        if not isinstance(formulas, tuple):
            formulas = ((formulas,),)
        cells = {}
        for down, (row, texts) in enumerate(zip(values, formulas, strict=True)):
            for right, (value, text) in enumerate(zip(row, texts, strict=True)):
                said = text if isinstance(text, str) and text.startswith("=") else value
                if said is not None:
                    cells[top + down, left + right] = said
        shown[sheet.name] = cells
    return shown


def changed_cells(before: Shown, after: Shown) -> dict[str, set[tuple[int, int]]]:
    assert before.keys() == after.keys()
    return {
        name: {
            place
            for place in before[name].keys() | after[name].keys()
            if before[name].get(place) != after[name].get(place)
        }
        for name in before
    }


def refresh_and_compare(
    person: Person, path: Path, change: Callable[[], None]
) -> dict[str, set[tuple[int, int]]]:
    with edited(path) as book:
        before = cells_of(book)
    change()
    outcome = person.run("refresh", str(path))
    assert outcome.code == 0, outcome.told
    with edited(path) as book:
        after = cells_of(book)
    assert lint(path) == []
    return changed_cells(before, after)


def new_entries(person: Person, first: int, last: int) -> Callable[[], None]:
    def arrive() -> None:
        file = person.folder / f"more{first}.ofx"
        file.write_bytes(statement(first, last))
        assert person.run("import", "--yes", str(file)).code == 0

    return arrive


def places_of_our_tables(book: xw.Book) -> dict[str, Any]:
    names = {shape.name for shape in TABLES if shape.name != LEDGER_TABLE.name}
    return {
        sheet.name: table for sheet in book.sheets for table in sheet.tables if table.name in names
    }


def test_a_refresh_changes_only_what_it_should(person: Person) -> None:
    path = made_workbook(person, 400)
    make_it_their_own(path)
    parts = owned_parts(path)
    with edited(path) as book:
        table = ledger_of(book)
        names, top = headers(table), table.data_body_range.row
        last = table.data_body_range.last_cell.row
        ledger_sheet = table.parent.name
        others = {
            name: (own.header_row_range.row, own.name)
            for name, own in places_of_our_tables(book).items()
        }
        state = [sheet.name for sheet in book.sheets if not sheet.visible]
    changed = refresh_and_compare(person, path, new_entries(person, 400, 405))
    # In the Ledger: five rows more, and not one cell of the rows that were there.
    assert {row for row, _ in changed[ledger_sheet] if top <= row <= last} == set()
    assert {row for row, _ in changed[ledger_sheet] if row > last} == set(range(last + 1, last + 6))
    with edited(path) as book:
        table = ledger_of(book)
        assert headers(table) == names
        # The user's formula went on into the new rows, as in Excel.
        mine = table.data_body_range[-5:, names.index("With tax")].formula
        assert all(text.endswith("*1.2") for (text,) in mine)
    # Elsewhere: our own tables and what stands in their headings, the hidden state, and nothing of the user's.
    for name, places in changed.items():
        if name == ledger_sheet or name in state:
            continue
        assert not places or name in others, name
    assert changed["Mine"] == set()
    assert owned_parts(path).keys() == parts.keys()
    for name, data in owned_parts(path).items():
        assert without_references(data) == without_references(parts[name]), name


def make_it_their_own(path: Path) -> None:
    with edited(path) as book:
        table = ledger_of(book)
        column = table.columns.add("With tax")
        column.data_body_range.formula = "=[@Amount]*1.2"
        table.columns.add("My note").data_body_range.value = [
            [f"mine {row}"] for row in range(len(table.data_body_range.rows))
        ]
        names = headers(table)
        table.sort(keys=names.index(LedgerColumn.DESCRIPTION) + 1, ascending=True)
        move_column(table, LedgerColumn.CATEGORY)
        sheet = table.parent
        hidden = table.header_row_range[headers(table).index(LedgerColumn.MERCHANT)].column
        sheet.range((1, hidden)).column_hidden = True
        table.autofilter.apply_values(
            headers(table).index(LedgerColumn.DESCRIPTION) + 1, ["Payee 7", "Payee 8"]
        )
        sheet.name = "Everything"
        own = book.sheets.add("Mine", after=book.sheets[-1])
        own["A1"].value = "Sum of all"
        own["B1"].formula = "=SUM(Ledger[Amount])"
        own["A2"].value = [["by hand", 12.5], ["kept", True]]
        own["D1"].value = [["Payee", "Total"], ["Payee 1", 1], ["Payee 2", 2]]
        body = table.data_body_range
        amount = headers(table).index(LedgerColumn.AMOUNT)
        area = body.columns[amount].get_address()
    add_chart_and_pivot(path, f"Everything!{area}")


def move_column(table: Any, name: str) -> None:
    """Write a column anew at the table's end, as somebody does who moves it there."""
    at = headers(table).index(name)
    values = table.data_body_range[:, at].options(ndim=2).value
    table.header_row_range[at].value = "left behind"
    table.columns.add(name).data_body_range.value = values
    table.columns[headers(table).index("left behind")].delete()


CHART = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart><c:plotArea><c:layout/>
<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/><c:ser><c:idx val="0"/>
<c:order val="0"/><c:val><c:numRef><c:f>{area}</c:f></c:numRef></c:val></c:ser><c:axId val="1"/><c:axId val="2"/>
</c:barChart><c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>
<c:axPos val="b"/><c:crossAx val="2"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling>
<c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:crossAx val="1"/></c:valAx>
</c:plotArea></c:chart></c:chartSpace>"""
DRAWING = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor><xdr:from><xdr:col>6</xdr:col>
<xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>12</xdr:col>
<xdr:colOff>0</xdr:colOff><xdr:row>16</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:graphicFrame macro="">
<xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="My chart"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm>
<a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">
<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></a:graphicData>
</a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"""
CACHE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" saveData="0"
 refreshOnLoad="1" recordCount="0"><cacheSource type="worksheet"><worksheetSource ref="D1:E3" sheet="Mine"/>
</cacheSource><cacheFields count="2"><cacheField name="Payee" numFmtId="0"><sharedItems/></cacheField>
<cacheField name="Total" numFmtId="0"><sharedItems/></cacheField></cacheFields></pivotCacheDefinition>"""
PIVOT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<pivotTableDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="MyPivot" cacheId="7"
 dataCaption="Values" createdVersion="6"><location ref="A20:B22" firstHeaderRow="1" firstDataRow="1"
 firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items count="1">
<item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1">
<field x="0"/></rowFields><dataFields count="1"><dataField name="Sum of Total" fld="1"/></dataFields>
</pivotTableDefinition>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING_TYPES = "application/vnd.openxmlformats-officedocument"


def add_chart_and_pivot(path: Path, area: str) -> None:
    """Give the sheet "Mine" a chart of the Ledger's amounts and a pivot table, as Excel stores them."""
    engine = register(store=FileStore(backups=BackupPolicy(keep=0)))
    app = engine.apps.add(add_book=False)
    book = app.books.open(str(path))
    impl = book.sheets["Mine"].impl
    document, parts = impl.document, impl.document.parts
    sheet = document.sheet_part(impl.entry)
    parts.add(
        "xl/charts/chart1.xml",
        CHART.format(area=area).encode(),
        f"{_DRAWING_TYPES}.drawingml.chart+xml",
    )
    parts.add("xl/drawings/drawing1.xml", DRAWING.encode(), f"{_DRAWING_TYPES}.drawing+xml")
    parts.relate("xl/drawings/drawing1.xml", f"{_OFFICE}/chart", "xl/charts/chart1.xml")
    drawing = parts.relate(sheet, f"{_OFFICE}/drawing", "xl/drawings/drawing1.xml")
    model = document.sheet(impl.entry)
    prefix = model.surroundings.relation_prefix()
    model.surroundings.put_children("drawing", f'<drawing {prefix}:id="{drawing}"/>'.encode())
    model.changed = True
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    parts.add(cache, CACHE.encode(), f"{_SHEET_TYPES}.pivotCacheDefinition+xml")
    parts.add("xl/pivotTables/pivotTable1.xml", PIVOT.encode(), f"{_SHEET_TYPES}.pivotTable+xml")
    parts.relate("xl/pivotTables/pivotTable1.xml", f"{_OFFICE}/pivotCacheDefinition", cache)
    parts.relate(sheet, f"{_OFFICE}/pivotTable", "xl/pivotTables/pivotTable1.xml")
    key = parts.relate(document.workbook_name, f"{_OFFICE}/pivotCacheDefinition", cache)
    data = parts.part(document.workbook_name)
    caches = (
        f'<pivotCaches><pivotCache cacheId="7" xmlns:r="{_OFFICE}" r:id="{key}"/></pivotCaches>'
    )
    found = re.search(rb"<calcPr[^>]*/>", data)
    assert found is not None
    document.edit_workbook(data[: found.end()] + caches.encode() + data[found.end() :])
    book.save()
    app.quit()
    register(store=FileStore(backups=BackupPolicy()))


def owned_parts(path: Path) -> dict[str, bytes]:
    """The user's own chart, drawing and pivot."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if name.startswith(("xl/charts/", "xl/drawings/", "xl/pivot"))
        }


def without_references(data: bytes) -> bytes:
    """A part without the areas in it that follow the Ledger's growth."""
    return re.sub(rb"<c:f>[^<]*</c:f>", b"", data)


def test_thousands_of_rows_filled_down_wait_for_a_yes_and_are_one_batch(person: Person) -> None:
    path = made_workbook(person, MANY)
    with edited(path) as book:
        table = ledger_of(book)
        at = headers(table).index(LedgerColumn.CATEGORY)
        table.autofilter.apply_values(
            headers(table).index(LedgerColumn.DESCRIPTION) + 1, ["Payee 7"]
        )
        table.data_body_range[:, at].value = [["Travel"]] * MANY
    batches = len(batches_of(person))
    assert person.run("refresh", str(path)).code == 0
    # Nothing was sent; the cells say what was typed, and Review asks once.
    assert len(batches_of(person)) == batches
    assert {entry["category"] for entry in person.ledger()["entries"]} != {"Travel"}
    with edited(path) as book:
        table = ledger_of(book)
        assert set(table.data_body_range[:, at].options(ndim=1).value) == {"Travel"}
        review: Any = next(t for s in book.sheets for t in s.tables if t.name == REVIEW_TABLE.name)
        questions = review.data_body_range.options(ndim=2).value
        asked = [row for row in questions if row[headers(review).index(ReviewColumn.QUESTION_ID)]]
        assert len(asked) == 1
        review.data_body_range[
            questions.index(asked[0]), headers(review).index(ReviewColumn.DECISION)
        ].value = "yes"
    assert person.run("refresh", str(path)).code == 0
    assert {entry["category"] for entry in person.ledger()["entries"]} == {"Travel"}
    added = batches_of(person)[: len(batches_of(person)) - batches]
    assert [batch["purpose"] for batch in added] == ["edit"]
    # One undo takes all of it back, and the workbook follows.
    assert person.run("undo", "--yes", added[0]["id"]).code == 0
    assert person.run("refresh", str(path)).code == 0
    assert "Travel" not in {entry["category"] for entry in person.ledger()["entries"]}
    with edited(path) as book:
        table = ledger_of(book)
        assert "Travel" not in set(table.data_body_range[:, at].options(ndim=1).value)


def batches_of(person: Person) -> list[dict[str, Any]]:
    import httpx  # noqa: PLC0415 - one call that the command line does not offer

    answer = httpx.get(
        f"{person.origin}/v1/batches", headers={"authorization": f"Bearer {person.token}"}
    )
    batches: list[dict[str, Any]] = answer.json()["batches"]
    return batches
