"""
The order in which Excel sorts what cells show: numbers, texts, truth values, errors; blanks come last in either order.

Texts go without regard to case, hyphens and apostrophes count only between texts that are the same without them.
Letters with marks follow those without; characters of other scripts go by their code. Knows no cells.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from operator import itemgetter

from excel_client.file_engine.formats.serial_dates import to_serial
from excel_client.file_engine.sheet.cells import CellValue, ErrorValue

__all__ = ["sorted_order"]

_NUMBER, _TEXT, _TRUTH, _ERROR = range(4)
_IGNORED = {ord("-"): None, ord("'"): None}
#: Signs before digits before letters, as Windows has them.
_SIGNS = ' _,;:!?."()[]{}@*/\\&#%`^+<=>|~$'
_RANK = {sign: rank for rank, sign in enumerate(_SIGNS)}

_Key = tuple[int, float, tuple[tuple[int, int], ...], str, str]


def sorted_order(
    columns: Sequence[Sequence[CellValue]], ascending: Sequence[bool], *, since_1904: bool
) -> list[int]:
    """Return the 0-based places of rows in their new order; `columns` are those sorted by, the first one decides."""
    order = list(range(len(columns[0])))
    # A sort keeps the order of equals, so the last column goes first.
    for values, rises in reversed(list(zip(columns, ascending, strict=True))):
        keyed = [(_key(values[at], since_1904=since_1904), at) for at in order]
        filled = [(key, at) for key, at in keyed if key is not None]
        filled.sort(key=itemgetter(0), reverse=not rises)
        order = [at for _, at in filled] + [at for key, at in keyed if key is None]
    return order


def _key(value: CellValue, *, since_1904: bool) -> _Key | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _TRUTH, float(value), (), "", ""
    if isinstance(value, ErrorValue):
        return _ERROR, 0.0, (), "", ""
    if isinstance(value, dt.datetime):
        serial = to_serial(value, since_1904=since_1904)
        return _NUMBER, float(serial or 0), (), "", ""
    if isinstance(value, str):
        folded = unicodedata.normalize("NFKD", value.casefold())
        base = "".join(c for c in folded if not unicodedata.combining(c)).translate(_IGNORED)
        return _TEXT, 0.0, tuple(map(_weight, base)), folded.translate(_IGNORED), folded
    return _NUMBER, value, (), "", ""


def _weight(character: str) -> tuple[int, int]:
    if character in _RANK:
        return 0, _RANK[character]
    return (1, ord(character)) if character.isdigit() else (2, ord(character))
