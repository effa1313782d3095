"""
Formulas of a sheet that is copied: what spoke of the sheet and its tables speaks of the copy's.

Into another workbook only formulas go that speak of nothing else. Knows no part's place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from excel_client.file_engine.formulas.formula_references import (
    Reference,
    TableReference,
    replace_references,
)
from excel_client.file_engine.formulas.sheet_prefixes import is_sheet, quoted
from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.xml.cell_text import attribute_text, unescape_xml

__all__ = ["CopiedFormulas"]

#: Elements whose text is a formula: of cells, rules, validations, sparklines, table columns and charts.
_ELEMENT = re.compile(
    rb"<((?:[\w.-]+:)?(?:f|formula|formula1|formula2|calculatedColumnFormula|totalsRowFormula))"
    rb"(\s[^<>]*)?>([^<]+)</\1>"
)
#: Attributes that hold one: of shapes that show a cell, and of rules' thresholds.
_ATTRIBUTE = re.compile(rb"""(\s(?:textlink|val)=")([^"]*![^"]*)(")""")
_PLAIN_RUN = re.compile(r"[A-Za-z0-9]+")


class CopiedFormulas:
    """How the formulas of one sheet read on its copy."""

    def __init__(
        self,
        old: str,
        new: str,
        tables: Mapping[str, str],
        *,
        left_behind: AbstractSet[str] | None = None,
    ) -> None:
        self._old = old
        self._new = new
        self._tables = {name.casefold(): copy for name, copy in tables.items()}
        #: Names and tables, in lower case, that a copy in another workbook lacks; None within the workbook.
        self._left_behind = left_behind
        runs = [max(_PLAIN_RUN.findall(n), key=len, default="") for n in (old, *tables)]
        self._needles = [run.lower().encode() for run in runs]

    def text(self, formula: str) -> str:
        """Return a formula as the copy has it; OutsideFileEngine where it speaks of what is not copied."""
        return replace_references(formula, self._placed, self._table)

    def _placed(self, found: Reference) -> str | None:
        prefix = found.prefix
        if prefix is None:
            return None
        own = (
            not prefix.is_foreign and not prefix.spans_sheets and is_sheet(prefix.first, self._old)
        )
        if own:
            return f"{quoted(self._new)}!{found.text}"
        if self._left_behind is not None:
            raise OutsideFileEngine(self._old)
        return None

    def _table(self, found: TableReference) -> str:
        key = found.table.casefold()
        if key in self._tables:
            return self._tables[key] + found.columns
        if self._left_behind is not None and (
            key in self._left_behind or (found.table and found.columns)
        ):
            raise OutsideFileEngine(self._old)
        return found.table + found.columns

    def speaks_of_sheet(self, formula: str) -> bool:
        """Whether a formula names the sheet."""
        named: list[bool] = []

        def look(found: Reference) -> str | None:
            prefix = found.prefix
            own = prefix is not None and not prefix.is_foreign
            named.append(own and is_sheet(found.prefix.first, self._old))  # type: ignore[union-attr]
            return None

        replace_references(formula, look)
        return any(named)

    def into(self, data: bytes) -> bytes:
        """Return a part, or a piece of one, with all of its formulas as the copy has them."""
        if self._left_behind is None and self._needles[0]:
            plain = data.lower()
            if not any(needle in plain for needle in self._needles):
                return data
        data = _ELEMENT.sub(self._element, data)
        return _ATTRIBUTE.sub(self._attribute, data)

    def _element(self, match: re.Match[bytes]) -> bytes:
        old = unescape_xml(match[3].decode())
        new = self.text(old)
        if new == old:
            return match[0]
        escaped = new.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        name, attributes = match[1], match[2] or b""
        return b"<%b%b>%b</%b>" % (name, attributes, escaped.encode(), name)

    def _attribute(self, match: re.Match[bytes]) -> bytes:
        old = unescape_xml(match[2].decode())
        new = self.text(old)
        return match[0] if new == old else match[1] + attribute_text(new).encode() + match[3]
