"""Amounts, dates and texts as banks write them: read for certain, or not at all."""

from __future__ import annotations

from typing import NoReturn

import pytest

from server.exact_amounts.statements.ofx_values import (
    AMBIGUOUS,
    UNREADABLE,
    DecimalMark,
    amount_digits,
    calendar_date,
    currency_code,
    decimal_mark_of,
    plain_text,
)


def not_asked() -> NoReturn:
    message = "an amount with one reading needs no evidence"
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("12.34", "12.34"),
        ("-12,34", "-12.34"),
        ("+12.34", "12.34"),
        ("  -80 ", "-80"),
        ("-.50", "-0.50"),
        (",5", "0.5"),
        ("12.", "12"),
        ("-0", "-0"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("1234,567", "1234.567"),
        ("-8.95000", "-8.95000"),
        ("+00000000001111.0000", "1111.0000"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("12,345,678", "12345678"),
        ("12.345.678,9", "12345678.9"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234\u202f567.8".replace("\u202f", "\u00a0"), "1234567.8"),
        ("1&nbsp;234,56", "1234.56"),
        ("1'234'567.89", "1234567.89"),
        ("1\u2019234.50", "1234.50"),
        ("12,34,567.89", "1234567.89"),
        ("12.34-", "-12.34"),
        ("12.34+", "12.34"),
        ("- 12.34", "-12.34"),
        ("\u221212.34", "-12.34"),
        ("(12.34)", "-12.34"),
        ("12.34 DR", "-12.34"),
        ("12.34cr", "12.34"),
        ("$120", "120"),
        ("-$1,200.50", "-1200.50"),
        ("$-3", "-3"),
        ("5.00 EUR", "5.00"),
        ("€5,00", "5.00"),
        ("5,00 €", "5.00"),
        ("999999999999999999.999999999", "999999999999999999.999999999"),
    ],
)
def test_an_amount_with_one_reading_is_read(written: str, digits: str) -> None:
    assert amount_digits(written, "EUR", not_asked) == digits


@pytest.mark.parametrize(
    "written",
    [
        "", " ", ".", ",", "-", "+", "$", "n/a", "NaN", "Infinity", "1e5", "0x10", "--5", "-5-", "-5 CR", "(5", "5)",
        "-(5)", "1,2,3", "1.2.3", "1,23.45,6", "12 34", "1 234 56", "1,2345.00", "12.34.56,7", "1.234,567.8", "٣٤",
        "12.34 GBP", "£5.00", "5.00 XYZ", "EUR 5 EUR", "1'23", "1234567890123456789", "1.1234567890", "9" * 500,
        "12;34", "12<.34", "12\x00", "&#45;&",
    ],
)  # fmt: skip
def test_what_is_no_certain_amount_is_unreadable(written: str) -> None:
    assert amount_digits(written, "EUR", not_asked) == UNREADABLE


@pytest.mark.parametrize(
    ("written", "currency", "mark", "digits"),
    [
        ("1,234", "USD", ".", "1234"),
        ("1,234", "USD", ",", "1.234"),
        ("1,234", "USD", "", AMBIGUOUS),
        ("1,234", "USD", "both", AMBIGUOUS),
        ("1.234", "USD", ".", "1.234"),
        ("1.234", "USD", ",", "1234"),
        ("1.234", "USD", "both", AMBIGUOUS),
        # The specification knows no thousands separators and allows amounts below the cent.
        ("1.234", "USD", "", "1.234"),
        ("1,234", "KWD", "", "1.234"),
        ("1,234", "JPY", "", AMBIGUOUS),
        ("1.234", "CLP", "", AMBIGUOUS),
    ],
)
def test_three_digits_behind_one_mark_are_read_by_the_other_amounts_of_the_file(
    written: str, currency: str, mark: DecimalMark, digits: str
) -> None:
    assert amount_digits(written, currency, lambda: mark) == digits


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [
        (["1.00"], "."),
        (["1,00"], ","),
        (["1.000,00"], ","),
        (["1,000.00"], "."),
        (["-200,00-", "1.234"], ","),
        (["1.00", "2,00"], "both"),
        (["1,234", "1.234", "5", "12,345,678"], ""),
    ],
)
def test_the_unmistakable_amounts_of_a_file_show_its_decimal_mark(
    amounts: list[str], mark: DecimalMark
) -> None:
    text = "".join(f"<TRNAMT>{amount}\n<MEMO>1,5 and 1.5\n" for amount in amounts)
    assert decimal_mark_of(text) == mark


@pytest.mark.parametrize(
    "written",
    [
        "20260228",
        " 20260228\n",
        "20260228235959",
        "20260228235959.999",
        "202602282359",
        "2026022823",
        "20260228000000[-12:BIT]",
        "20260228235959.999[+14:LINT]",
        "20260228120000[0:GMT]",
        "20260228120000[-3:EST",
        "20260228120000 [-5]",
        "20260228093914:014",
        "2026022800000000[-5:EST]",
        "2026-02-28",
        "2026-02-28T23:59:59Z",
        "2026-02-28T00:00:00+02:00",
        "2026/02/28",
    ],
)
def test_the_calendar_date_stays_as_written_whatever_the_zone(written: str) -> None:
    assert calendar_date(written) == "2026-02-28"


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "2026", "202602", "20260231", "20261301", "20260200", "201120000000", "00000000", "00010101",
        "26022026", "28/02/2026", "2026-02/28", "20260228x", "202602281", "2026022812345", "today", "٢٠٢٦٠٢٢٨",
    ],
)  # fmt: skip
def test_what_is_no_certain_date_is_none(written: str) -> None:
    assert calendar_date(written) is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  two   words\r\n and a line ", "two words and a line"),
        ("R&amp;D &lt;x&gt; &quot;q&quot; &apos;a&apos;", "R&D <x> \"q\" 'a'"),
        ("Caf&#233; &#xE9; &eacute; 5&nbsp;&euro;", "Café é é 5 €"),
        ("&amp;amp;", "&amp;"),
        ("AT&T & sons &unknown; &#; &#x;", "AT&T & sons &unknown; &#; &#x;"),
        ("a\x00b\x07c\u200bd", "a b c d"),
        ("&#0;&#55296;&#9999999;x", "x"),
    ],
)
def test_a_text_is_one_line_with_its_entities_decoded_once(raw: str, text: str) -> None:
    assert plain_text(raw) == text


@pytest.mark.parametrize(
    ("raw", "code"), [("USD", "USD"), (" eur\n", "EUR"), ("", "XXX"), ("US", "XXX"), ("ZZZ", "XXX")]
)
def test_a_currency_is_a_known_code_or_unknown(raw: str, code: str) -> None:
    assert currency_code(raw) == code
