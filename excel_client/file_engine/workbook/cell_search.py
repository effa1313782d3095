"""
Cells that show a text, cells of a kind, and texts with others in their place, as Excel finds and replaces them.

What a number shows is only known in plain formats; a cell whose text only Excel knows is named before it is passed
over. Knows no xlwings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    ArrayFormulaInTheWay,
    NeedsExcel,
    OutsideFileEngine,
)
from excel_client.file_engine.sheet.cell_edits import FORMULA_SIGN, is_formula
from excel_client.file_engine.sheet.cells import CellValue, has_content
from excel_client.file_engine.sheet.hidden_cells import HiddenCells
from excel_client.file_engine.sheet.shown_texts import Unknown, shown_number
from excel_client.file_engine.workbook.cell_transfers import CellBlock
from excel_client.file_engine.workbook.shift_limits import check_inside

__all__ = ["Replacement", "TextPattern", "find_cell", "replaced_texts"]

_ESCAPED = re.compile(r"~[*?~]|[*?]|[^*?~]+|~")
_NUMBER_CHARACTERS = frozenset("0123456789.,-+/: ()%eE#")
#: Codes in which numbers show words that only the locale knows.
_WORDS = re.compile(r"mmm|ddd|am/pm|a/p|\[\$|gg|aaa", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_DATE_WORDS = frozenset(
    """a am p pm e jan feb mar apr may jun jul aug sep oct nov dec january february march april june july august
    september october november december""".split()
)
_SIGNS = ("+", "-", "@")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPattern:
    """A text to be found, with Excel's * ? and ~ unless it is `literal`."""

    text: str
    whole: bool
    match_case: bool
    literal: bool = False

    def compiled(self) -> re.Pattern[str]:
        """Return the pattern as an expression."""
        parts = []
        for part in [self.text] if self.literal else _ESCAPED.findall(self.text):
            if self.literal:
                parts.append(re.escape(part))
            elif part in {"*", "?"}:
                parts.append(".*" if part == "*" else ".")
            else:
                is_escape = len(part) > 1 and part[0] == "~"
                parts.append(re.escape(part[1:] if is_escape else part))
        flags = re.DOTALL if self.match_case else re.DOTALL | re.IGNORECASE
        return re.compile("".join(parts), flags)

    @property
    def characters(self) -> set[str]:
        """The characters that a text must have to fit."""
        plain = self.text if self.literal else re.sub(r"~(.)|[*?]", r"\1", self.text)
        return set(plain.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What is entered into a cell; a text that begins with "=" and was none of a formula stays a text."""

    text: str
    is_text: bool


def find_cell(
    block: CellBlock, pattern: TextPattern, *, backwards: bool, by_columns: bool
) -> tuple[int, int] | None:
    """Return row and column of the first visible cell that shows the text; NeedsExcel where one may or may not."""
    check_inside(block.entry, block.area)
    fits = pattern.compiled().fullmatch if pattern.whole else pattern.compiled().search
    cells = [
        (number, column, cell)
        for number, columns in block.model.cells(block.area)
        for column, cell in columns.items()
        if has_content(cell)
    ]
    if by_columns:
        cells.sort(key=lambda found: (found[1], found[0]))
    hidden = HiddenCells(block.model)
    for number, column, cell in reversed(cells) if backwards else cells:
        if hidden.row(number) or hidden.column(column):
            continue
        text = _shown(block, number, column, cell)
        if isinstance(text, Unknown):
            _judge_unknown(block, number, column, pattern)
        elif fits(text):
            return number, column
    return None


def _shown(block: CellBlock, number: int, column: int, cell: bytes) -> str | Unknown:
    model = block.model
    place = model.place(number, column)
    value: CellValue = model.read(Area(number, column, number, column))[0][0]
    if value is None and b"<f" in cell and b"<v" not in cell:
        # What the formula comes to is not known before Excel calculates.
        raise NeedsExcel(place)
    serial = model.number_of(cell)
    if serial is not None:
        style = int(model.style(number, column) or b"0")
        return shown_number(serial, block.document.styles.number_format(style))
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if value is not None else ""


def _judge_unknown(block: CellBlock, number: int, column: int, pattern: TextPattern) -> None:
    """Refuse to pass over a number that may show the text."""
    code = block.document.styles.number_format(int(block.model.style(number, column) or b"0"))
    possible = _NUMBER_CHARACTERS | set(code.casefold())
    if _WORDS.search(code) or pattern.characters <= possible:
        raise OutsideFileEngine(block.model.place(number, column))


# Replacing


def replaced_texts(
    block: CellBlock, pattern: TextPattern, new: str
) -> dict[tuple[int, int], Replacement]:
    """Return what is to be entered into cells, by row and column, once a text in their formulas is replaced."""
    check_inside(block.entry, block.area)
    expression = pattern.compiled()
    area = block.area
    replaced: dict[tuple[int, int], Replacement] = {}
    for number, columns in block.model.cells(area):
        texts = block.model.formulas(Area(number, area.left, number, area.right))[0]
        for column, cell in columns.items():
            text = texts[column - area.left]
            if not text:
                continue
            if _is_edited_otherwise(block, cell, number, column):
                if pattern.characters <= _NUMBER_CHARACTERS | {"a", "p", "m"}:
                    raise OutsideFileEngine(block.model.place(number, column))
                continue
            if pattern.whole:
                result = new if expression.fullmatch(text) else text
            else:
                result = expression.sub(lambda _match: new, text)
            if result != text:
                is_text = b"<f" not in cell and is_formula(text)
                if not is_text:
                    _judge_entry(block, result, (number, column), was_formula=b"<f" in cell)
                replaced[number, column] = Replacement(text=result, is_text=is_text)
    return replaced


def _is_edited_otherwise(block: CellBlock, cell: bytes, number: int, column: int) -> bool:
    """Whether Excel's formula bar shows a number as a date or as percents."""
    if b"<f" in cell or block.model.number_of(cell) is None:
        return False
    styles = block.document.styles
    style = int(block.model.style(number, column) or b"0")
    return styles.is_date(style) or "%" in styles.number_format(style)


def _judge_entry(
    block: CellBlock, text: str, place_in_sheet: tuple[int, int], *, was_formula: bool
) -> None:
    """Refuse a text of which Excel might make something else, and to change part of an array."""
    model, (number, column) = block.model, place_in_sheet
    place = model.place(number, column)
    cell = Area(number, column, number, column)
    for reaching in model.reaching_formulas():
        if reaching.kind != "shared" and reaching.area.holds(cell):
            raise ArrayFormulaInTheWay(model.where(reaching.area.text()))
    if (is_formula(text) and was_formula) or not text:
        return
    if not isinstance(model.entered(text, number, column), str):
        return
    is_text_cell = (
        block.document.styles.number_format(int(model.style(number, column) or b"0")) == "@"
    )
    words = {word.casefold() for word in _LETTERS.findall(text)}
    reads_as_number = any(c.isdigit() for c in text) and words <= _DATE_WORDS
    if not is_text_cell and (reads_as_number or text.startswith((*_SIGNS, FORMULA_SIGN))):
        raise OutsideFileEngine(place)
