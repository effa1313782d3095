from __future__ import annotations

import pytest

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.tables.table_edits import (
    new_table,
    with_area,
    with_column_names,
    with_columns,
    with_filter,
    with_sort_state,
    with_style,
    with_totals,
)
from excel_client.file_engine.tables.table_part import read_table
from excel_client.file_engine.tables.table_totals import restated_totals, totals_formula

AREA = Area(1, 1, 4, 3)
PLAIN = new_table(7, "T", AREA, ["a & b", 'c "d"', "line\nend"], "Style", awaits_rows=False)


def test_a_new_part_says_what_it_was_made_of() -> None:
    part = read_table(PLAIN, "t")
    assert [column.name for column in part.columns] == ["a & b", 'c "d"', "line\nend"]
    assert (part.key, part.name, part.display_name, part.area) == ("7", "T", "T", AREA)
    assert part.has_filter
    assert part.style_flags == {"showRowStripes"}
    assert not part.had_totals
    assert b"_x000a_" in PLAIN


@pytest.mark.parametrize("ref", ["ZZZ99", "A1:ZZZZ99", "A1:A2000000", "no", ""])
def test_a_table_that_lies_nowhere_is_damaged(ref: str) -> None:
    with pytest.raises(PackageDamaged):
        read_table(PLAIN.replace(b'ref="A1:C4"', f'ref="{ref}"'.encode(), 1), "t")


def test_an_area_goes_with_its_filter_and_what_it_is_sorted_by() -> None:
    data = with_sort_state(PLAIN, "t", Area(2, 1, 4, 3), [(Area(2, 2, 4, 2), False)])
    data = with_area(data, "t", read_table(data, "t"), Area(1, 1, 9, 3), totals_rows=1)
    assert b'autoFilter ref="A1:C8"' in data
    assert b'<sortState ref="A2:C8"><sortCondition descending="1" ref="B2:B8"/>' in data
    assert b'totalsRowCount="1"' in data
    assert b"totalsRowShown" not in data


def test_a_sort_by_a_column_that_left_is_forgotten() -> None:
    data = with_sort_state(PLAIN, "t", Area(2, 1, 4, 3), [(Area(2, 3, 4, 3), True)])
    table = read_table(data, "t")
    data = with_area(with_columns(data, "t", [0, 1]), "t", table, Area(1, 1, 4, 2))
    assert b"sortState" not in data
    assert len(read_table(data, "t").columns) == 2


def test_columns_that_stay_keep_their_bytes_and_new_ones_get_numbers_of_their_own() -> None:
    table = read_table(PLAIN, "t")
    data = with_columns(PLAIN, "t", [2, "new", 0])
    data = with_area(data, "t", table, AREA)
    assert [column.name for column in read_table(data, "t").columns] == [
        "line\nend",
        "new",
        "a & b",
    ]
    assert b'<tableColumn id="4" name="new"/>' in data


def test_filters_stay_with_their_columns() -> None:
    inside = b'<filterColumn colId="2"><filters><filter val="x"/></filters></filterColumn>'
    data = PLAIN.replace(
        b'<autoFilter ref="A1:C4"/>', b'<autoFilter ref="A1:C4">%b</autoFilter>' % inside
    )
    assert b'colId="0"' in with_columns(data, "t", [2, 1])
    assert b"filterColumn" not in with_columns(data, "t", [0, 1])


def test_a_filter_comes_and_goes() -> None:
    without = with_filter(PLAIN, "t", None)
    assert not read_table(without, "t").has_filter
    assert with_filter(without, "t", AREA) == PLAIN


def test_a_style_is_put_where_there_is_none() -> None:
    start, end = PLAIN.index(b"<tableStyleInfo"), PLAIN.index(b"</table>")
    data = with_style(PLAIN[:start] + PLAIN[end:], "t", name="N", flags={"showLastColumn": True})
    part = read_table(data, "t")
    assert part.style_name == "N"
    assert part.style_flags == {"showLastColumn"}
    assert read_table(with_style(data, "t", name=None), "t").style_name is None


def test_a_header_with_odd_signs_is_read_back_as_it_was_written() -> None:
    name = 'x_x000a_ <&> "\t\n'
    assert read_table(with_column_names(PLAIN, "t", {1: name}), "t").columns[1].name == name


@pytest.mark.parametrize("formula", ["SUBTOTAL(109,T['[odd'] '#x])", 'SUM(A1:A3)&"<"'])
def test_totals_are_stated_as_their_cell_has_them(formula: str) -> None:
    data = with_column_names(PLAIN, "t", {0: "[odd] #x"})
    column = read_table(data, "t").columns[0]
    stated = restated_totals("T", column, label=None, formula=formula)
    assert stated.totals_function == ("sum" if "109" in formula else "custom")
    back = read_table(with_totals(data, "t", {0: stated}), "t").columns[0]
    assert back == stated
    assert totals_formula("T", back) == formula
    assert with_totals(with_totals(data, "t", {0: stated}), "t", {0: column}) == data


def test_a_text_in_a_totals_row_is_a_label() -> None:
    column = read_table(PLAIN, "t").columns[0]
    stated = restated_totals("T", column, label="Sum & all", formula=None)
    assert (
        read_table(with_totals(PLAIN, "t", {0: stated}), "t").columns[0].totals_label == "Sum & all"
    )
