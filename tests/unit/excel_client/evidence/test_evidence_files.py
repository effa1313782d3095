from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from time import perf_counter

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from excel_client.evidence import Document, evidence_book, evidence_page, lay_out_account
from excel_client.evidence.page_paper import Fonts
from excel_client.problems import TextTooLong
from excel_client.wire_format import ClosedAccount
from tests.unit.excel_client.evidence.closed_months import account, entry, evidence
from tests.workbook_checks.ooxml_lint import lint

ROOT = Path(__file__).parents[4]
ODD_TEXTS = (
    '=HYPERLINK("http://evil.example","click")',
    "+1", "-1", "@SUM(A1)", "{=A1}", "'quoted", "https://example.com/", "12345678901234567890",
    "Ресторан 中文 😀 żółć", "\u202eevil", "a\x00b\x1fc", "_x0041_", "]]>", "<b>&amp;</b>",
    "two\nlines", "\ufffe", "", " ", "x" * 2_000, "word " * 400,
)  # fmt: skip
EVERY_PAGE = """
import hashlib
from excel_client.evidence import evidence_book, evidence_page, lay_out_account
from tests.unit.excel_client.evidence.test_evidence_files import odd_account
from tests.unit.excel_client.evidence.closed_months import evidence
document = lay_out_account(evidence(odd_account()), odd_account())
print(hashlib.sha256(evidence_book(document) + evidence_page(document)).hexdigest())
"""


def laid_out(of: ClosedAccount) -> Document:
    return lay_out_account(evidence(of), of)


def odd_account() -> ClosedAccount:
    entries = [entry(number, description=text) for number, text in enumerate(ODD_TEXTS)]
    adjustment = entry(99, "5.00", role="adjustment", reason="=cause unknown")
    return account(
        [*entries, adjustment],
        name="Giro <&> \"Söhne\" '=1'",
        adjustments=(adjustment,),
        outstanding=(entry(98),),
    )


def sheet(book: bytes, name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(book))[name].iter_rows(values_only=True))


def pages(page: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", page))


def test_the_same_answer_makes_the_same_bytes_in_any_process_and_time_zone() -> None:
    document = laid_out(odd_account())
    here = hashlib.sha256(evidence_book(document) + evidence_page(document)).hexdigest()
    for seed, zone in (("1", "Pacific/Auckland"), ("2", "America/Caracas")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        environment["SOURCE_DATE_EPOCH"] = seed
        done = subprocess.run(
            [sys.executable, "-c", EVERY_PAGE],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == here


def test_the_files_are_dated_by_the_closing_and_hold_nothing_compressed() -> None:
    document = laid_out(odd_account())
    page = evidence_page(document)
    assert b"D:20260401103045+00'00'" in page
    assert b"FlateDecode" not in page
    assert len(re.findall(rb"/ID \s*\[<[0-9a-f]{32}><[0-9a-f]{32}>\]", page)) == 1
    book = evidence_book(document)
    assert openpyxl.load_workbook(io.BytesIO(book)).properties.created == document.made_at.replace(
        tzinfo=None
    )
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        assert {part.compress_type for part in package.infolist()} == {zipfile.ZIP_STORED}


def test_another_answer_makes_other_bytes() -> None:
    first, second = (laid_out(account([entry(1, amount)])) for amount in ("1.00", "1.01"))
    assert evidence_book(first) != evidence_book(second)
    assert evidence_page(first) != evidence_page(second)


def test_no_text_becomes_a_formula_a_link_or_a_number() -> None:
    book = evidence_book(laid_out(odd_account()))
    assert lint(book) == []
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        for name in sheets:
            content = package.read(name)
            assert b"<f>" not in content
            assert b"hyperlink" not in content
    rows = sheet(book, "Entries")[4:]
    told = [row[2] for row in rows][: len(ODD_TEXTS)]
    for text, cell in zip(ODD_TEXTS, told, strict=True):
        if text.isprintable():
            assert cell == (text or None)


@pytest.mark.parametrize(
    ("amount", "cell"),
    [
        ("0.005", 0.005),
        ("-12.30", -12.3),
        ("1234567890123.45", 1234567890123.45),
        ("12345678901234.56", "12345678901234.56"),
        ("999999999999999999.999999999", "999999999999999999.999999999"),
        ("100000000000000000.00", "100000000000000000.00"),
        ("-0.00", 0),
        ("0.000000001", 1e-9),
    ],
)
def test_an_amount_is_a_number_only_where_a_cell_shows_all_of_it(
    amount: str, cell: float | str
) -> None:
    book = evidence_book(laid_out(account([entry(1, amount)])))
    assert sheet(book, "Entries")[4][3] == cell
    assert lint(book) == []


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=3))
@settings(max_examples=25)
def test_a_number_in_a_cell_is_the_amount_to_the_last_digit(amount: object) -> None:
    literal = f"{amount:f}"
    book = openpyxl.load_workbook(io.BytesIO(evidence_book(laid_out(account([entry(1, literal)])))))
    cell = book["Entries"]["D5"]
    if isinstance(cell.value, str):
        assert cell.value == literal
    else:
        assert cell.number_format == "#,##0.000"
        assert f"{cell.value:.3f}" == (literal if float(literal) else "0.000")


def test_a_month_without_anything_is_evidence_too() -> None:
    nothing = account(
        opening=None, opening_source="none", closing=None, stated=None, stated_on=None, sources=()
    )
    document = laid_out(nothing)
    book = evidence_book(document)
    assert lint(book) == []
    assert sheet(book, "Entries")[4][0] == "No entry counts in this month."
    assert pages(evidence_page(document)) == 1


def test_thousands_of_entries_are_set_in_seconds_on_numbered_pages() -> None:
    document = laid_out(account([entry(number) for number in range(3_000)]))
    began = perf_counter()
    page = evidence_page(document)
    book = evidence_book(document)
    assert perf_counter() - began < 10
    assert pages(page) > 50
    assert len(sheet(book, "Entries")) == 3_004


def test_a_text_longer_than_a_page_goes_on_on_the_next() -> None:
    document = laid_out(account([entry(1, description="中" * 2_000)]))
    assert pages(evidence_page(document)) > 2


def test_a_text_that_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(TextTooLong):
        evidence_book(laid_out(account([entry(1, description="x" * 40_000)])))


@given(st.text(max_size=300), st.floats(min_value=30, max_value=400))
def test_wrapping_drops_nothing_and_fits(text: str, width: float) -> None:
    font = Fonts.embedded().plain
    lines = font.wrapped(text, 8, width)
    kept = "".join(lines).replace(" ", "")
    assert kept == font.drawable(text).replace("\n", "").replace(" ", "")
    assert all(len(line) <= 1 or font.width(line, 8) <= width for line in lines)
