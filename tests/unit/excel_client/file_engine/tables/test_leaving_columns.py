from __future__ import annotations

import pytest

from excel_client.file_engine.formulas.changed_formulas import FormulaPlace, changed_formula
from excel_client.file_engine.formulas.reference_changes import TableColumnsDeleted

CHANGE = TableColumnsDeleted(table="T", columns=("a", "b", "c'[]", "d"), gone=("a", "d"))


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        ("SUM(T[a])+SUM(T[b])", "SUM(#REF!)+SUM(T[b])"),
        ("t[[#This Row],[A]]", "#REF!"),
        ("T[[#Headers],[d]]", "#REF!"),
        ("SUM(T[[a]:[d]])", "SUM(T[[b]:[c'''[']]])"),
        ("SUM(T[[#All],[a]:[b]])", "SUM(T[[#All],[b]:[b]])"),
        ("SUM(T[[b]:[b]])", "SUM(T[[b]:[b]])"),
        ("COUNTA(T[#All])&T[]", "COUNTA(T[#All])&T[]"),
        ('SUM(Other[a])&"T[a]"', 'SUM(Other[a])&"T[a]"'),
    ],
)
def test_a_formula_does_without_columns_that_are_gone(formula: str, after: str) -> None:
    assert changed_formula(formula, CHANGE, "Sheet1") == after


def test_within_the_table_its_name_goes_without_saying() -> None:
    place = FormulaPlace(sheet="Sheet1", table="T")
    assert changed_formula("[@a]+[@b]", CHANGE, place) == "#REF!+[@b]"
    assert changed_formula("[@a]+[@b]", CHANGE, "Sheet1") == "[@a]+[@b]"
