"""
Paper to set text on: fonts with their widths, lines wrapped to a width, and pages that are drawn when all are known.

The one module that knows reportlab. Files are not compressed: what a compressor makes differs from one machine's
zlib to the next, and evidence must not.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from excel_client.evidence.accents import accented_letters
from excel_client.evidence.visible_text import drawable

__all__ = ["MARGIN", "PAGE_HEIGHT", "PAGE_WIDTH", "Font", "Fonts", "Page", "Rule", "Words", "draw"]

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN: Final = 40.0
#: How much higher a capital is than a small letter, of the font's size.
_TALLER: Final = 0.18
#: The name of a file in its trailer (ISO 32000-1, 14.4), and it alone: what follows is the end of the file.
_ID: Final = re.compile(rb"\[<[0-9a-f]{32}><[0-9a-f]{32}>\](?=[^\[\]]{0,400}\Z)")


class Font:
    """One of reportlab's own fonts, embedded in the file; measures in points."""

    def __init__(self, name: str, file_name: str) -> None:
        """`file_name` is that of a font that comes with reportlab."""
        self.name = name
        font = TTFont(name, file_name)
        pdfmetrics.registerFont(font)
        # Glyph 0 is the box that stands for what a font lacks.
        glyphs = frozenset(code for code, glyph in font.face.charToGlyph.items() if glyph)
        self._accented = accented_letters(glyphs)
        self._drawn = glyphs | set(map(ord, self._accented))
        self._widths: dict[str, float] = {}

    def drawable(self, text: str) -> str:
        """Return a text of characters that this font has."""
        return drawable(text, self._drawn)

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is."""
        known = self._widths
        total = 0.0
        for character in text:
            width = known.get(character)
            if width is None:
                accented = self._accented.get(character)
                letter = accented.letter if accented else character
                width = known[character] = pdfmetrics.stringWidth(letter, self.name, 1000)
            total += width
        return total * size / 1000

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """Return the lines of a text, at spaces where there are any; a longer word is cut."""
        lines = []
        for paragraph in self.drawable(text).split("\n"):
            line = ""
            for word in paragraph.split(" "):
                joined = f"{line} {word}" if line else word
                if self.width(joined, size) <= width:
                    line = joined
                    continue
                if line:
                    lines.append(line)
                line = word
                while self.width(line, size) > width:
                    fitting = self._fitting(line, size, width)
                    lines.append(line[:fitting])
                    line = line[fitting:]
            lines.append(line)
        return lines

    def place(self, canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
        """Draw a text that is drawable, from its left edge."""
        accented = self._accented
        canvas.setFont(self.name, size)
        letters = [accented[each].letter if each in accented else each for each in text]
        canvas.drawString(x, y, "".join(letters))
        for index, character in enumerate(text):
            if character in accented:
                accent = accented[character].accent
                aside = (self.width(character, size) - self.width(accent, size)) / 2
                lift = _TALLER * size if accented[character].is_tall else 0.0
                canvas.drawString(x + self.width(text[:index], size) + aside, y + lift, accent)

    def _fitting(self, word: str, size: float, width: float) -> int:
        """How many characters of a word fit, one at least."""
        count = 1
        while self.width(word[: count + 1], size) <= width:
            count += 1
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """The fonts of a page."""

    plain: Font
    bold: Font

    @classmethod
    def embedded(cls) -> Fonts:
        """Return the fonts that come with reportlab."""
        return cls(plain=Font("Vera", "Vera.ttf"), bold=Font("VeraBd", "VeraBd.ttf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text at a place; `x` is its right edge where it stands on the right."""

    x: float
    y: float
    text: str
    font: Font
    size: float
    colour: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line across the page."""

    y: float
    colour: str


@dataclass(slots=True, kw_only=True)
class Page:
    """What stands on a page."""

    words: list[Words] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def draw(pages: Sequence[Page], *, title: str, subject: str, made_at: datetime) -> bytes:
    """Return pages as a PDF that says it was made at a given instant."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, pageCompression=0, invariant=1, lang="en")
    stamp = made_at.strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas.setDateFormatter(lambda *_: stamp)
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setAuthor("Pennyvault")
    canvas.setCreator("Pennyvault")
    for page in pages:
        for rule in page.rules:
            canvas.setStrokeColor(HexColor(rule.colour))
            canvas.setLineWidth(0.5)
            canvas.line(MARGIN, rule.y, PAGE_WIDTH - MARGIN, rule.y)
        for words in page.words:
            canvas.setFillColor(HexColor(words.colour))
            width = words.font.width(words.text, words.size) if words.right else 0.0
            words.font.place(canvas, words.x - width, words.y, words.text, words.size)
        canvas.showPage()
    canvas.save()
    return _ID.sub(_named_by_content, target.getvalue())


def _named_by_content(found: re.Match[bytes]) -> bytes:
    """The file's own name, of what stands before it: reportlab takes the environment into it."""
    name = hashlib.sha256(found.string[: found.start()]).hexdigest()[:32].encode()
    return b"[<" + name + b"><" + name + b">]"
