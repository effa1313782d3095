"""
What Excel's functions do with several cells where it expects one value: the class of each argument.

V: one value, of several cells that of the formula's own row or column is taken. R: a reference is used whole. A: it is
an array, and so is all that is calculated in it. P: the argument itself may be the result. U: it depends.
Source: the function tables of the binary formats, MS-XLS 2.5.198.17. Only what is certain stands here.
"""

from __future__ import annotations

__all__ = ["argument_classes", "returns_cells"]

#: The classes of the arguments; the part in brackets is repeated.
_Classes = tuple[str, str]

#: Functions that return cells, or several values.
_CELLS = frozenset({"INDEX", "INDIRECT", "OFFSET"})
_LATER_ARRAYS = frozenset({"FILTER", "SEQUENCE", "SORT", "SORTBY", "UNIQUE"})

_TABLE = """
(V): ABS ACOS ACOSH ADDRESS ASC ASIN ASINH ATAN ATAN2 ATANH BAHTTEXT BETADIST BETAINV BINOMDIST CEILING CHAR
 CHIDIST CHIINV CLEAN CODE COMBIN CONCATENATE CONFIDENCE COS COSH CRITBINOM DATE DATEVALUE DAY DAYS360 DB DDB DEGREES
 DOLLAR ERROR.TYPE EVEN EXACT EXP EXPONDIST FACT FALSE FDIST FIND FINDB FINV FISHER FISHERINV FIXED FLOOR FV GAMMADIST
 GAMMAINV GAMMALN HOUR HYPGEOMDIST INT IPMT ISBLANK ISERR ISERROR ISLOGICAL ISNA ISNONTEXT ISNUMBER ISPMT ISTEXT LEFT
 LEFTB LEN LENB LN LOG LOG10 LOGINV LOGNORMDIST LOWER MID MIDB MINUTE MOD MONTH NA NEGBINOMDIST NORMDIST NORMINV
 NORMSDIST NORMSINV NOT NOW NPER ODD PERMUT PI PMT POISSON POWER PPMT PROPER PV RADIANS RAND RATE REPLACE REPLACEB REPT
 RIGHT RIGHTB ROMAN ROUND ROUNDDOWN ROUNDUP SEARCH SEARCHB SECOND SIGN SIN SINH SLN SQRT STANDARDIZE SUBSTITUTE SYD TAN
 TANH TDIST TEXT TIME TIMEVALUE TINV TODAY TRIM TRUE TRUNC UPPER VALUE VDB WEEKDAY WEIBULL YEAR
(U): DATEDIF EDATE EOMONTH HYPERLINK IFERROR IFNA ISEVEN ISODD MROUND NETWORKDAYS QUOTIENT RANDBETWEEN WEEKNUM WORKDAY
 YEARFRAC ROW COLUMN N T TYPE
(R): AND AVEDEV AVERAGE AVERAGEA COUNT COUNTA COUNTBLANK DEVSQ GEOMEAN HARMEAN ISREF KURT MAX MAXA MEDIAN MIN MINA OR
 PRODUCT SKEW STDEV STDEV.P STDEV.S STDEVA STDEVP STDEVPA SUM SUMSQ VAR VAR.P VAR.S VARA VARP VARPA CONCAT XOR AREAS
 DAVERAGE DCOUNT DCOUNTA DGET DMAX DMIN DPRODUCT DSTDEV DSTDEVP DSUM DVAR DVARP
(A): COLUMNS CORREL COVAR FTEST INTERCEPT MDETERM PEARSON ROWS RSQ SLOPE STEYX SUMPRODUCT SUMX2MY2 SUMX2PY2 SUMXMY2
RV(RV): COUNTIF COUNTIFS
RVR: SUMIF AVERAGEIF
R(RV): SUMIFS AVERAGEIFS MAXIFS MINIFS
V(R): NPV SUBTOTAL
VV(R): AGGREGATE TEXTJOIN
VRV: RANK
RV: IRR LARGE PERCENTILE QUARTILE SMALL TRIMMEAN
RVV: MIRR PERCENTRANK
VRRV: HLOOKUP VLOOKUP
VRR: LOOKUP MATCH
VPP: IF
V(P): CHOOSE
RVVV: INDEX
RVVVV: OFFSET
VV: INDIRECT
R(U): FILTER SORT UNIQUE
(U): SEQUENCE SORTBY
"""


def _read(table: str) -> dict[str, _Classes]:
    classes: dict[str, _Classes] = {}
    for line in table.replace("\n ", " ").strip().splitlines():
        stated, _, names = line.partition(":")
        first, _, repeated = stated.partition("(")
        for name in names.split():
            classes[name] = (first, repeated.removesuffix(")"))
    return classes


_CLASSES = _read(_TABLE)


def argument_classes(function: str, count: int) -> str | None:
    """Return the class of each of so many arguments, or None for a function that is not known well enough."""
    found = _CLASSES.get(function.upper())
    if found is None:
        return None
    first, repeated = found
    rest = count - len(first)
    if repeated and rest > 0:
        first += repeated * (rest // len(repeated) + 1)
    return first[:count] if len(first) >= count else None


def returns_cells(function: str) -> bool:
    """Whether what a function returns may be several cells or values."""
    return function.upper() in _CELLS or function.upper() in _LATER_ARRAYS
