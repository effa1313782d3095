"""
A clean workbook with something of everything, and the means to plant a fault in it.

A fault is a replacement in the text of one part, or a change to the set of parts.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import xlsxwriter

__all__ = ["Fault", "Parts", "clean_workbook", "drop", "planted", "swap"]

Parts = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what is planted, and the code of the finding that it must give."""

    name: str
    code: str
    plant: Callable[[Parts], None]


def clean_workbook() -> bytes:
    """Return a workbook with tables, formulas, arrays, rules, a chart, names and merged cells, without a fault."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "use_future_functions": True})
    entries, summary = book.add_worksheet("Entries"), book.add_worksheet("Summary")
    money = book.add_format({"num_format": '#,##0.00;-#,##0.00;"nil"'})
    green = book.add_format({"font_color": "#006100"})
    rows = [[46000 + index, f"Payee {index}", -1.25 * index] for index in range(12)]
    columns = [
        {"header": "Date"},
        {"header": "Payee"},
        {"header": "Amount", "format": money},
        {"header": "Debit", "formula": "=MAX(0,-tblTx[[#This Row],[Amount]])", "format": money},
    ]
    entries.add_table(0, 0, 12, 3, {"name": "tblTx", "columns": columns, "data": rows})
    entries.write_boolean("G2", boolean=True)
    entries.conditional_format(
        "C2:C13", {"type": "cell", "criteria": ">", "value": 0, "format": green}
    )
    entries.data_validation(
        "B2:B13", {"validate": "list", "source": ["One", "Two"], "error_title": "Which?"}
    )
    entries.set_footer("&P")
    summary.write_formula("A1", '=SUMIFS(tblTx[Amount],tblTx[Payee],"Payee 1")')
    summary.write_dynamic_array_formula("F1:F12", "=FILTER(tblTx[Payee],tblTx[Amount]<0)")
    summary.write_array_formula("H1:H3", "{=A1:A3*2}")
    summary.merge_range("A20:B21", "Merged")
    summary.add_table(29, 0, 31, 1, {"name": "tblTwo"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Entries!$C$2:$C$13"})
    summary.insert_chart("K1", chart)
    book.define_name("Opening", "=Summary!$D$1")
    book.close()
    return buffer.getvalue()


def planted(fault: Fault) -> bytes:
    """Return the clean workbook with the fault in it."""
    with zipfile.ZipFile(io.BytesIO(clean_workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    fault.plant(parts)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return package.getvalue()


def swap(name: str, code: str, part: str, before: str, after: str) -> Fault:
    """Replace the first match of a pattern in a part."""

    def plant(parts: Parts) -> None:
        text = parts[part].decode("utf-8")
        changed = re.sub(before, after, text, count=1, flags=re.DOTALL)
        assert changed != text, f"nothing to replace for {name}"
        parts[part] = changed.encode("utf-8")

    return Fault(name=name, code=code, plant=plant)


def drop(name: str, code: str, part: str) -> Fault:
    """Leave a part out."""

    def plant(parts: Parts) -> None:
        del parts[part]

    return Fault(name=name, code=code, plant=plant)
