from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.changed_areas import (
    changed_area,
    changed_areas,
    source_cell,
)
from excel_client.file_engine.formulas.changed_formulas import (
    FormulaPlace,
    changed_formula,
    changed_rule,
    needles,
)
from excel_client.file_engine.formulas.reference_changes import (
    CellsDeleted,
    CellsInserted,
    CellsMoved,
    Change,
    Direction,
    SheetDeleted,
    SheetRenamed,
    TableColumnRenamed,
    TableColumnsDeleted,
    TableRenamed,
)
from excel_client.file_engine.formulas.references import COLUMN_LIMIT, ROW_LIMIT, Area
from excel_client.file_engine.formulas.resized_references import BodyResized, resized_formula

DOWN, RIGHT = Direction.VERTICAL, Direction.HORIZONTAL


def inserted(area: str, direction: Direction = DOWN, sheet: str = "S") -> CellsInserted:
    return CellsInserted(sheet=sheet, area=Area.parse(area), direction=direction)


def deleted(area: str, direction: Direction = DOWN, sheet: str = "S") -> CellsDeleted:
    return CellsDeleted(sheet=sheet, area=Area.parse(area), direction=direction)


def moved(area: str, down: int, right: int = 0, to: str = "S") -> CellsMoved:
    return CellsMoved(sheet="S", area=Area.parse(area), to_sheet=to, down=down, right=right)


ROWS_3_4 = inserted("3:4")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A2", "A2"),
        ("A3+$A$3", "A5+$A$5"),
        ("SUM(A1:B2)", "SUM(A1:B2)"),
        ("SUM(A1:$B$3)", "SUM(A1:$B$5)"),
        ("SUM(B$9:A$2)", "SUM(A$2:B$11)"),
        ("A:C+$2:$3", "A:C+$2:$5"),
        ("A1:INDEX(A:A,5)", "A1:INDEX(A:A,5)"),
        ("A5:INDEX(B5:B6,1)", "A7:INDEX(B7:B8,1)"),
        ("A5#*2", "A7#*2"),
        ("_xlfn.ANCHORARRAY(A5)", "_xlfn.ANCHORARRAY(A7)"),
        ("S!A5+'S'!A5+Other!A5", "S!A7+'S'!A7+Other!A5"),
        ("s!A5", "s!A7"),
        ("[1]S!A5+'[1]S'!A5+'C:\\x\\[b.xlsx]S'!A5", "[1]S!A5+'[1]S'!A5+'C:\\x\\[b.xlsx]S'!A5"),
        ("SUM(S:Other!A5)+SUM('S:Other'!A5)", "SUM(S:Other!A5)+SUM('S:Other'!A5)"),
        ('"A5 is ""A5"""&A5', '"A5 is ""A5"""&A7'),
        ("LOG10(5)+LOG10+A5.x+A5_+_A5", "LOG10(5)+LOG12+A5.x+A5_+_A5"),
        ("T[A5]+T[[A5]:[B6]]+T[[#This Row],[it's '[A5']]]", None),
        ("XFE5+A1048577+#REF!+#N/A", None),
        ("#REF!A5+S!#REF!", None),
        ("A5 B5:C5,{1,5;3,4}", "A7 B7:C7,{1,5;3,4}"),
        ("-A5%+A5^2", "-A7%+A7^2"),
        ("A1048576+A1048575", "#REF!+#REF!"),
        ("A1:A1048575", "A1:A1048576"),
        ("1E5+1.5", None),
    ],
)
def test_references_follow_inserted_rows(before: str, after: str | None) -> None:
    assert changed_formula(before, ROWS_3_4, "S") == (before if after is None else after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A2+A3+A5", "A2+#REF!+A3"),
        ("S!A3+'S'!A4:B4", "S!#REF!+'S'!#REF!"),
        ("SUM(A3:A9)+SUM(A1:A3)+SUM(A2:A5)", "SUM(A3:A7)+SUM(A1:A2)+SUM(A2:A3)"),
        ("A3#+_xlfn.ANCHORARRAY(A4)", "#REF!+_xlfn.ANCHORARRAY(#REF!)"),
        ("3:4+2:4+A:A", "#REF!+2:2+A:A"),
        ("A1:A1048576", "A1:A1048576"),
        ("A2:A1048576", "A2:A1048574"),
    ],
)
def test_references_shrink_and_go_with_deleted_rows(before: str, after: str) -> None:
    assert changed_formula(before, deleted("3:4"), "S") == after


def test_columns_are_inserted_and_deleted_as_rows_are() -> None:
    formula = "A1+$C$1+SUM(B1:C2)+B:C+1:1+XFD1"
    assert changed_formula(formula, inserted("C:D", RIGHT), "S") == (
        "A1+$E$1+SUM(B1:E2)+B:E+1:1+#REF!"
    )
    assert changed_formula(formula, deleted("C:C", RIGHT), "S") == (
        "A1+#REF!+SUM(B1:B2)+B:B+1:1+XFC1"
    )


def test_a_reference_wider_than_the_inserted_cells_stays() -> None:
    change = inserted("B3:C4")
    assert changed_formula("B3+C9+D9+B3:C9+A3:C9+B1:B9+3:9+B:B", change, "S") == (
        "B5+C11+D9+B5:C11+A3:C9+B1:B11+3:9+B:B"
    )


def test_another_sheets_formula_needs_the_sheets_name() -> None:
    assert changed_formula("A5+S!A5", ROWS_3_4, "Other") == "A5+S!A7"
    assert changed_formula("A5+'It''s'!A5", inserted("3:4", sheet="It's"), "S") == "A5+'It''s'!A7"


def test_relative_parts_of_a_name_are_directions_and_stay() -> None:
    name = FormulaPlace(sheet="", is_name=True)
    formula = "S!$A$5+S!A5+S!$A5+S!A$5+S!$A$1:S!$A5+S!$2:$5"
    assert changed_formula(formula, ROWS_3_4, name) == (
        "S!$A$7+S!A5+S!$A5+S!A$7+S!$A$1:S!$A5+S!$2:$7"
    )


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("A1+A2:B3+A1:B9", moved("A1:B3", 10), "A11+A12:B13+A1:B9"),
        ("SUM(A1:A9)", moved("A9", 3), "SUM(A1:A12)"),
        ("SUM(A3:A9)", moved("A3", -2), "SUM(A1:A9)"),
        ("SUM(A3:A9)", moved("A3", 20), "SUM(A3:A9)"),
        ("SUM(A3:A9)", moved("A5", 20), "SUM(A3:A9)"),
        ("SUM(A3:A9)+A20", moved("B5", 15, -1), "SUM(A3:A9)+#REF!"),
        ("SUM(A3:A9)", moved("C7:C9", 0, -2), "SUM(A3:A6)"),
        ("SUM(A:A)", moved("A5", ROW_LIMIT - 5), "SUM(A:A)"),
        ("A1+S!A1+Other!A1+B1", moved("A1", 4, 0, "Other"), "Other!A5+Other!A5+Other!A1+B1"),
        ("Other!A5", moved("A1", 4, 0, "Other"), "Other!#REF!"),
    ],
)  # fmt: skip
def test_references_follow_what_is_cut_and_pasted(before: str, change: Change, after: str) -> None:
    assert changed_formula(before, change, "S") == after


def test_a_formula_pasted_on_another_sheet_still_means_the_same_cells() -> None:
    arrived = FormulaPlace(sheet="S", sheet_after="Other")
    change = moved("A1:A2", 4, 0, "Other")
    assert changed_formula("A1+B1+Third!C1", change, arrived) == "A5+S!B1+Third!C1"


# Sheets


@pytest.mark.parametrize(
    ("new", "written"),
    [
        ("Plain", "Plain"),
        ("Übersicht", "Übersicht"),
        ("two words", "'two words'"),
        ("it's", "'it''s'"),
        ("A1", "'A1'"),
        ("XFE1", "XFE1"),
        ("R1C1", "'R1C1'"),
        ("rc", "'rc'"),
        ("TRUE", "'TRUE'"),
        ("2026", "'2026'"),
        ("a-b", "'a-b'"),
        ("a.b_c", "a.b_c"),
    ],
)
def test_a_sheets_new_name_is_quoted_where_it_must_be(new: str, written: str) -> None:
    change = SheetRenamed(old="Old one", new=new)
    assert changed_formula("'Old one'!A1+'old one'!nm+\"Old one!\"", change, "") == (
        f'{written}!A1+{written}!nm+"Old one!"'
    )


def test_a_renamed_sheet_is_found_at_the_ends_of_a_3d_reference_only() -> None:
    change = SheetRenamed(old="B", new="new B")
    assert changed_formula("SUM(A:B!A1)+SUM(B:C!A1)+[1]B!A1+B!#REF!+B+B1", change, "A") == (
        "SUM('A:new B'!A1)+SUM('new B:C'!A1)+[1]B!A1+'new B'!#REF!+B+B1"
    )


def test_a_deleted_sheets_references_are_dead_and_3d_references_step_inwards() -> None:
    place = FormulaPlace(sheet="A", sheets=("A", "B", "C", "D"))
    change = SheetDeleted(name="b")
    assert changed_formula("B!A1+'B'!A1:B2+B!nm+B!#REF!+A1", change, place) == (
        "#REF!A1+#REF!A1:B2+#REF!+#REF!+A1"
    )
    formula = "SUM(B:D!A1)+SUM(A:B!A1)+SUM(A:C!A1)+SUM(B:C!A1)"
    assert changed_formula(formula, change, place) == (
        "SUM('C:D'!A1)+SUM(A!A1)+SUM(A:C!A1)+SUM('C'!A1)"
    )


# Tables


def test_a_tables_new_name_reaches_every_structured_reference() -> None:
    change = TableRenamed(old="Sales", new="Sold")
    formula = (
        'SUM(sales[A])+Sales[[#This Row],[A]]+ROWS(Sales)+Sales2[A]+X[Sales]+"Sales[A]"+Sales()'
    )
    assert changed_formula(formula, change, "S") == (
        'SUM(Sold[A])+Sold[[#This Row],[A]]+ROWS(Sold)+Sales2[A]+X[Sales]+"Sales[A]"+Sales()'
    )
    assert changed_formula("[1]!Sales[A]", change, "S") == "[1]!Sales[A]"


def test_a_columns_new_name_is_escaped_and_bracketed() -> None:
    change = TableColumnRenamed(table="T", old="it's [A]", new="#1 @ 'x'")
    formula = "T[it''s '[A']]+T[[#All],[it''s '[A']]]+T[[it''s '[A']]:[B]]+U[it''s '[A']]"
    assert changed_formula(formula, change, "S") == (
        "T[['#1 '@ ''x'']]+T[[#All],['#1 '@ ''x'']]+T[['#1 '@ ''x'']:[B]]+U[it''s '[A']]"
    )


def test_a_formula_inside_the_table_need_not_name_it() -> None:
    change = TableColumnRenamed(table="T", old="A", new="B C")
    inside = FormulaPlace(sheet="S", table="t")
    formula = "[A]+[@A]+[@[A]]+T[@A]+[[#This Row],[A]]"
    assert changed_formula(formula, change, inside) == (
        "[B C]+[@B C]+[@[B C]]+T[@B C]+[[#This Row],[B C]]"
    )
    assert changed_formula("[A]+T[A]", change, "S") == "[A]+T[B C]"


# Rules, which stand for many cells


def test_a_rule_whose_first_cell_goes_is_said_for_the_next_one() -> None:
    areas = [Area.parse("A3:A9")]
    assert changed_rule("A3>$B$3+A2", areas, deleted("3:4"), "S") == "A3>#REF!+#REF!"
    assert changed_rule("A3>$B$9", areas, deleted("3:4"), "S") == "A3>$B$7"
    assert changed_rule("A3>$B$9", areas, deleted("5:6"), "S") == "A3>$B$7"
    assert changed_rule("A3>S!$B$9", areas, deleted("3:4"), "Other") == "A3>S!$B$7"


def test_cells_of_a_rule_are_followed_one_by_one() -> None:
    areas = [Area.parse("A1:C10")]
    assert changed_areas(areas, inserted("5:6")) == [Area.parse("A1:C12")]
    parts = changed_areas(areas, inserted("B5:B6"))
    assert sorted(area.text() for area in parts) == ["A1:A10", "B1:B12", "C1:C10"]
    assert changed_areas(areas, deleted("1:10")) == []
    assert changed_areas(areas, inserted("E1:E2")) == areas


# Tables that get more rows

GROWN = BodyResized(sheet="S", body=Area.parse("B4:D6"), header_rows=1, last=9)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SUM(B4:B6)+SUM($B$3:D$6)", "SUM(B4:B9)+SUM($B$3:D$9)"),
        ("SUM('S'!B6:B4)", "SUM('S'!B4:B9)"),
        ("SUM(B4:B5)+SUM(B4:B7)+SUM(B2:B6)+SUM(A4:B6)+B6+4:6+B:B", None),
        ("SUM(Other!B4:B6)+SUM([1]S!B4:B6)+SUM(S:Other!B4:B6)", None),
    ],
)
def test_only_what_covers_all_data_of_a_table_grows_with_it(before: str, after: str | None) -> None:
    assert resized_formula(before, GROWN, "S") == (before if after is None else after)


def test_a_lone_cell_follows_where_it_draws_and_relative_rows_stay_where_asked() -> None:
    single = BodyResized(sheet="S", body=Area.parse("B4:D4"), header_rows=1, last=6)
    assert resized_formula("S!$B$4", single, "", lone_cells=True) == "S!$B$4:$B$6"
    assert resized_formula("S!$B$4+S!B4:B4", single, "") == "S!$B$4+S!B4:B6"
    shrunk = BodyResized(sheet="S", body=Area.parse("B4:D6"), header_rows=1, last=4)
    assert resized_formula("SUM(B4:B6)", shrunk, "S") == "SUM(B4:B4)"
    assert resized_formula("SUM(B$4:B6)+SUM(B$4:B$6)", GROWN, "S", fixed_only=True) == (
        "SUM(B$4:B6)+SUM(B$4:B$9)"
    )


def test_columns_that_went_take_their_references_along() -> None:
    change = TableColumnsDeleted(table="T", columns=("A", "B", "C"), gone=("B",))
    assert changed_formula("T[A]+T[B]+T[[A]:[B]]+T[[A]:[C]]+T[@B]+U[B]", change, "S") == (
        "T[A]+#REF!+T[[A]:[A]]+T[[A]:[C]]+#REF!+U[B]"
    )


# Laws

small = st.integers(1, 12)
areas = st.builds(
    lambda r1, c1, r2, c2: Area(min(r1, r2), min(c1, c2), max(r1, r2), max(c1, c2)),
    small, small, small, small,
)  # fmt: skip
directions = st.sampled_from(Direction)
texts = st.text(alphabet="AZ1$:!'\"[]#@(),+S .", max_size=30)
names = st.text(alphabet="aR1C é'-.", min_size=1, max_size=5).filter(
    lambda name: name.strip("'") == name and bool(name)
)


@given(areas, areas, directions)
def test_inserting_and_deleting_the_same_area_restores_every_reference(
    area: Area, gap: Area, direction: Direction
) -> None:
    come = CellsInserted(sheet="S", area=gap, direction=direction)
    go = CellsDeleted(sheet="S", area=gap, direction=direction)
    formula = f"S!{area.text(row_mark='$')}*{area.text()}"
    between = changed_formula(formula, come, "S")
    assert changed_formula(between, go, "S") == formula


@given(areas, areas, directions)
def test_a_single_cell_comes_from_where_it_went(
    cell: Area, gap: Area, direction: Direction
) -> None:
    start = Area(cell.top, cell.left, cell.top, cell.left)
    for change in (
        CellsInserted(sheet="S", area=gap, direction=direction),
        CellsDeleted(sheet="S", area=gap, direction=direction),
    ):
        new = changed_area(start, change)
        if new is not None:
            assert source_cell(new.top, new.left, change) == (start.top, start.left)


@given(areas, areas, small, small)
def test_what_is_moved_and_moved_back_is_where_it_was(
    area: Area, inner: Area, down: int, right: int
) -> None:
    if area.holds(inner):
        there = CellsMoved(sheet="S", area=area, to_sheet="S", down=down, right=right)
        back = CellsMoved(
            sheet="S",
            area=Area(area.top + down, area.left + right, area.bottom + down, area.right + right),
            to_sheet="S",
            down=-down,
            right=-right,
        )
        new = changed_area(inner, there)
        assert new is not None
        assert changed_area(new, back) == inner


@given(texts, areas, directions)
def test_a_formula_that_names_nothing_concerned_is_the_same_text(
    formula: str, gap: Area, direction: Direction
) -> None:
    for change in (
        CellsInserted(sheet="Elsewhere", area=gap, direction=direction),
        CellsDeleted(sheet="Elsewhere", area=gap, direction=direction),
        SheetRenamed(old="Elsewhere", new="There"),
        SheetDeleted(name="Elsewhere"),
        TableRenamed(old="Elsewhere", new="There"),
        TableColumnRenamed(table="Elsewhere", old="A", new="B"),
    ):
        assert changed_formula(formula, change, "S") == formula


@given(names, names)
def test_a_sheet_that_gets_its_old_name_back_is_named_as_before(old: str, new: str) -> None:
    formula = changed_formula("X!A1+X!nm+SUM(X:Last!B2)", SheetRenamed(old="X", new=old), "")
    there = changed_formula(formula, SheetRenamed(old=old, new=new), "")
    assert changed_formula(there, SheetRenamed(old=new, new=old), "") == formula


@given(areas, areas, directions)
def test_every_cell_of_a_rule_is_where_its_own_reference_says(
    area: Area, gap: Area, direction: Direction
) -> None:
    for change in (
        CellsInserted(sheet="S", area=gap, direction=direction),
        CellsDeleted(sheet="S", area=gap, direction=direction),
    ):
        left = changed_areas([area], change)
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                cell = changed_area(Area(row, column, row, column), change)
                assert cell is None or any(part.holds(cell) for part in left)


def test_what_says_that_nothing_is_concerned_is_true() -> None:
    assert needles(ROWS_3_4, "S") is None
    assert needles(ROWS_3_4, "Other") == (b"s",)
    assert needles(SheetRenamed(old="Übung 12", new="x"), "S") == (b"bung",)
    assert needles(SheetDeleted(name="日本"), "S") is None


def test_ten_thousand_formulas_take_a_second_at_most() -> None:
    start = time.process_time()
    for row in range(1, 10_001):
        changed_formula(f"SUM(A{row}:B{row})*Other!C{row}", ROWS_3_4, "S")
    assert time.process_time() - start < 1.5


def test_areas_end_at_the_edge_of_the_sheet() -> None:
    assert changed_area(Area(1, 1, ROW_LIMIT, 3), ROWS_3_4) == Area(1, 1, ROW_LIMIT, 3)
    assert changed_area(Area(5, 1, ROW_LIMIT, 3), ROWS_3_4) == Area(7, 1, ROW_LIMIT, 3)
    assert changed_area(Area(1, COLUMN_LIMIT, 1, COLUMN_LIMIT), inserted("A:A", RIGHT)) is None
