"""Formulas as they are typed and as a file stores them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from excel_client.file_engine.formulas.formula_text import (
    from_file,
    mentions,
    to_array_file,
    to_dynamic_file,
    to_file,
    with_intersections,
)
from excel_client.file_engine.problems import (
    FormulaBroken,
    FormulaNamesUnknown,
    FormulaRefused,
    FormulaTooLong,
)

STORED = [
    ("SUM(A1:B2)", "SUM(A1:B2)"),
    ("STDEV.S(A1:A3)", "_xlfn.STDEV.S(A1:A3)"),
    ("FILTER(A:A,B:B>2)", "_xlfn._xlws.FILTER(A:A,B:B>2)"),
    ("MyAddIn.Rate(2)", "MyAddIn.Rate(2)"),
    ('"XLOOKUP(_xlfn.x"&A1', '"XLOOKUP(_xlfn.x"&A1'),
    ("LET(x,1,y,x+1,x*y)", "_xlfn.LET(_xlpm.x,1,_xlpm.y,_xlpm.x+1,_xlpm.x*_xlpm.y)"),
    ("LET(a,1,LET(b,a,b)+a)", "_xlfn.LET(_xlpm.a,1,_xlfn.LET(_xlpm.b,_xlpm.a,_xlpm.b)+_xlpm.a)"),
    ("LAMBDA(x,x+1)(A1)", "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)(A1)"),
    (
        "LAMBDA(x,[y],IF(ISOMITTED(y),x,y))",
        "_xlfn.LAMBDA(_xlpm.x,_xlop.y,IF(_xlfn.ISOMITTED(_xlpm.y),_xlpm.x,_xlpm.y))",
    ),
    (
        "LET(f,LAMBDA(n,n*2),f(3))",
        "_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.n,_xlpm.n*2),_xlpm.f(3))",
    ),
    ("BYROW(A1:B9,SUM)", "_xlfn.BYROW(A1:B9,_xleta.SUM)"),
    ("SUM(A1#)", "SUM(_xlfn.ANCHORARRAY(A1))"),
    ("SUM(@A1:A3)", "SUM(_xlfn.SINGLE(A1:A3))"),
    ("SUM(A1:.B9)", "SUM(_xlfn._TRO_TRAILING(A1:B9))"),
    ("SUM(Own!A.:.A)", "SUM(_xlfn._TRO_ALL(Own!A:A))"),
    ("-A1%^2 & 'a''b'!$C$4", "-A1%^2 & 'a''b'!$C$4"),
    ('{1,-2;"a",#N/A}', '{1,-2;"a",#N/A}'),
    ("#REF!+Own!#REF!", "#REF!+Own!#REF!"),
    ("[1]Own!A1+'[2]a b'!A1:B2", "[1]Own!A1+'[2]a b'!A1:B2"),
    ("SUM(First:Last!A1, (A1:A3,C1))", "SUM(First:Last!A1, (A1:A3,C1))"),
    ("SUM(\n  A1:B2 B1:C9)", "SUM(\n  A1:B2 B1:C9)"),
]


@pytest.mark.parametrize(("typed", "stored"), STORED)
def test_what_is_typed_is_stored_with_prefixes_and_read_without(typed: str, stored: str) -> None:
    assert to_file(typed) == stored
    assert from_file(stored) == typed


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("sum(a1:$b$2)+own!c3", "SUM(A1:$B$2)+own!C3"),
        ("if(true,xlookup(a1,b:b,c:c),#n/a)", "IF(TRUE,_xlfn.XLOOKUP(A1,B:B,C:C),#N/A)"),
        ("myname+MyFunction(a1)", "myname+MyFunction(A1)"),
        ("Sales[@Amount]*2", "Sales[[#This Row],[Amount]]*2"),
        ("Sales[@[a b]:[c]]", "Sales[[#This Row],[a b]:[c]]"),
        ("SUM(Sales[@])", "SUM(Sales[#This Row])"),
        ("[@Amount]+SUM([Amount])", "Own[[#This Row],[Amount]]+SUM(Own[Amount])"),
    ],
)
def test_what_is_typed_carelessly_is_stored_as_excel_would(typed: str, stored: str) -> None:
    assert to_file(typed, table="Own") == stored


def test_a_column_without_its_table_needs_one() -> None:
    with pytest.raises(FormulaNamesUnknown):
        to_file("[@Amount]*2")


@pytest.mark.parametrize(
    "broken",
    [
        "", "A1+", "*2", "SUM(A1", "SUM(A1))", '"open', "'open!A1", "()", "(A1,)", "{1,2;3}", "{A1}",
        "A1 + + *", "SUM(A1;B1)", "=A1", "!A1", "1 2a", "[open", "A1:", "cmd|'/c calc'!A0", "1e",
        'A1&"' + "x" * 256 + '"', "A1\x01", '"\x07"', "(" * 500, "f(" * 70 + ")" * 70,
        "LET(A1,2,A1)", "LET(1,2,3)", "f(" + ",".join(["1"] * 256) + ")",
    ],
)  # fmt: skip
def test_what_excel_would_not_open_is_refused(broken: str) -> None:
    with pytest.raises(FormulaBroken):
        to_file(broken)


def test_a_formula_has_up_to_8192_characters() -> None:
    longest = "+".join(["1"] * 4096)
    assert to_file(f" {longest}") == longest
    with pytest.raises(FormulaTooLong):
        to_file(longest + "+1")
    with pytest.raises(FormulaTooLong):
        to_file("IFS(" + "A1,1," * 1636 + "A1,1)&IFNA(1,2)")


ATOMS = st.sampled_from(
    [
        "A1",
        "$B$2:C9",
        "1.5",
        '"a ""b"""',
        "Rate",
        "Sales[Amount]",
        "#N/A",
        "D:D",
        "'x y'!Z9",
        "TRUE",
    ]
)


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.sampled_from(["SUM", "XLOOKUP", "FILTER", "STDEV.S", "MyOwn"])
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "&", "<=", "^", " - "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
        st.tuples(names, st.lists(inner, min_size=1, max_size=3)).map(
            lambda call: f"{call[0]}({','.join(call[1])})"
        ),
        st.tuples(inner, inner).map(lambda two: f"LET(q,{two[0]},q*{two[1]})"),
    )


FORMULAS = st.recursive(ATOMS, _calls, max_leaves=12)


@given(FORMULAS)
def test_any_formula_reads_as_it_was_typed(formula: str) -> None:
    assert from_file(to_file(formula)) == formula
    assert from_file(to_array_file(formula)) == formula


@given(st.text("A1b(),:+-*\"'[]{}#@!$ ;.%", max_size=25))
def test_any_text_is_a_formula_or_refused_by_name(text: str) -> None:
    try:
        stored = to_file(text)
    except FormulaRefused:
        return
    assert to_file(stored) == stored


@pytest.mark.parametrize(
    "formula",
    [
        "A1+B1", "SUM(A1:A9)*2", 'IF(A1>0,"x",B1)', "VLOOKUP(A1,B:C,2,FALSE)", "SUMPRODUCT(A1:A3*B1:B3)",
        'COUNTIFS(A:A,C1,B:B,">2")', "Sales[[#This Row],[Amount]]*2", "SUM(IF(A1,B1:B2))", "rate*2",
        "TODAY()-A1", "@A1:A9", "@INDEX(A:A,2)+1", "SUM(@A1:A3)", "IF(A1,@Rates,2)",
    ],
)  # fmt: skip
def test_a_formula_with_one_result_is_no_array(formula: str) -> None:
    stored, is_array = to_dynamic_file(formula, {"rate"}.__contains__)
    assert not is_array
    assert stored == to_file(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "A1:A9", "A:A*2", "UNIQUE(A1:A9)", "SUM(A1:A3*B1:B3)", "LEN(A1:A3)", "{1,2}", "Sales[Amount]",
        "INDEX(A:A,3)", "LET(x,1,x)", "MyOwn(A1)", "rates*2", "A1#", "IF(A1:A3>0,1,2)", "SUM(IF(A1:A3,1))",
        "ROW(A1:A3)",
    ],
)  # fmt: skip
def test_what_may_have_several_results_is_an_array(formula: str) -> None:
    assert to_dynamic_file(formula, {"rate"}.__contains__)[1]


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("A1:A9", "@A1:A9"),
        ("A1:A9*2+SUM(B1:B3)", "@A1:A9*2+SUM(B1:B3)"),
        ("LEN(A1:A3)", "LEN(@A1:A3)"),
        ("SUM(A1:A3*2)", "SUM(@A1:A3*2)"),
        ("SUMPRODUCT(A1:A3*2)", "SUMPRODUCT(A1:A3*2)"),
        ("INDEX(A:A,3)", "@INDEX(A:A,3)"),
        ("UNIQUE(A1:A9)", "@UNIQUE(A1:A9)"),
        ("VLOOKUP(A1:A9,B:C,2,0)", "VLOOKUP(@A1:A9,B:C,2,0)"),
        ("Sales[Amount]*2", "@Sales[Amount]*2"),
        # Not known well enough to say.
        ("MyOwn(A1:A9)+A1:A9", "MyOwn(A1:A9)+A1:A9"),
        ("rates", "rates"),
    ],
)
def test_an_unsaid_intersection_is_shown_where_it_is_certain(plain: str, shown: str) -> None:
    assert with_intersections(plain) == shown
    if plain != shown:
        stored, is_array = to_dynamic_file(shown, str.isalpha)
        assert (stored, is_array) == (to_file(plain), False)


def test_filled_down_formulas_name_the_same() -> None:
    for row in (1, 22, 333):
        found = mentions(f"SUM('A1 b'!B{row}:B9)+Sales[Q1]*Own!C{row}")
        assert found.prefixes == {"'A1 b'!", "Own!"}
        assert found.tables == {"Sales[Q1]"}
