# ruff: noqa: RUF001 - dashes and quotation marks are characters like others here
"""
How wide texts are, for columns that are to fit them: advance widths of Calibri and Arial, in thousandths of the size.

Measured on the fonts that have the same metrics and are free, Carlito and Liberation Sans. Other fonts are taken for
Arial where they are as wide, else for Calibri; characters that are missing here for an average one, those of East Asia
for a square. No kerning: Excel itself fits a column to a pixel or two differently from screen to screen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

__all__ = ["PIXELS_PER_POINT", "digit_width", "text_width"]

PIXELS_PER_POINT = 96 / 72

_SQUARE = 1000
_THOUSAND = 1000
_WIDE = {"W", "F"}
_COMBINING = {"Mn", "Me", "Cf"}
#: Fonts that are about as wide as Arial.
_LIKE_ARIAL = frozenset(
    """arial helvetica verdana tahoma geneva liberation segoe roboto courier consolas menlo
    dejavu lucida trebuchet inter""".split()
)


class _Widths(dict[str, int]):
    """Widths by character; one that is not in the table is looked up once."""

    def __init__(self, characters: Mapping[int, str]) -> None:
        super().__init__((c, width) for width, text in characters.items() for c in text)

    def __missing__(self, character: str) -> int:
        plain = unicodedata.normalize("NFD", character)[0]
        if unicodedata.category(character) in _COMBINING:
            width = 0
        elif unicodedata.east_asian_width(character) in _WIDE:
            width = _SQUARE
        else:
            width = self[plain if plain in self else "0"]
        self[character] = width
        return width


_CALIBRI = _Widths(
    {
        221: "'",
        226: " ",
        229: "il",
        239: "j",
        250: ",’",
        252: ".I",
        268: ":;",
        291: "`",
        303: "()",
        305: "f",
        306: "-",
        307: "[]",
        314: "{}",
        319: "J",
        326: "!",
        335: "t",
        339: "°",
        349: "r",
        386: "/\\",
        391: "s",
        395: "z",
        401: '"',
        418: "“”",
        420: "L",
        423: "c",
        433: "x",
        452: "v",
        453: "y",
        455: "k",
        459: "FS",
        460: "|",
        463: "?",
        468: "Z",
        471: "g",
        479: "a",
        487: "TY",
        488: "E",
        498: "#*+<=>^_e~§–•×",
        507: "$0123456789€£",
        517: "P",
        519: "X",
        520: "K",
        525: "bdhnpqu",
        527: "oß",
        529: "ø",
        533: "C",
        543: "R",
        544: "B",
        567: "V",
        579: "A",
        615: "D",
        623: "H",
        631: "G",
        642: "U",
        646: "N",
        662: "O",
        673: "Q",
        682: "&",
        690: "…",
        715: "%w",
        773: "æ",
        799: "m",
        850: "œ",
        855: "M",
        890: "W",
        894: "@",
        905: "—",
    }
)

_CALIBRI_BOLD = _Widths(
    {
        226: " ",
        233: "'",
        246: "il",
        255: "j",
        258: ",’",
        267: ".I",
        276: ":;",
        300: "`",
        306: "-",
        312: "()",
        316: "f",
        325: "[]",
        326: "!",
        331: "J",
        342: "°",
        344: "{}",
        347: "t",
        355: "r",
        397: "z",
        399: "s",
        418: "c",
        423: "L",
        430: "/\\",
        435: "“”",
        438: '"',
        459: "Fx",
        463: "?",
        473: "Sv",
        474: "gy",
        475: "|",
        478: "Z",
        480: "k",
        488: "E",
        494: "a",
        495: "T",
        498: "#*+<=>^_~§–•×",
        503: "e",
        507: "$0123456789€£",
        520: "Y",
        529: "C",
        532: "P",
        537: "bdhnpqu",
        538: "o",
        544: "ø",
        547: "K",
        551: "X",
        555: "ß",
        561: "B",
        563: "R",
        591: "V",
        606: "A",
        630: "D",
        631: "H",
        637: "G",
        653: "U",
        659: "N",
        676: "O",
        686: "Q",
        705: "&",
        711: "…",
        729: "%",
        745: "w",
        775: "æ",
        813: "m",
        843: "œ",
        874: "M",
        898: "@",
        905: "—",
        906: "W",
    }
)

_ARIAL = _Widths(
    {
        191: "'",
        222: "ijl’",
        260: "|",
        278: " !,./:;I[\\]ft",
        333: "()-`r“”",
        334: "{}",
        350: "•",
        355: '"',
        389: "*",
        400: "°",
        469: "^",
        500: "Jcksvxyz",
        556: "#$0123456789?L_abdeghnopqu€£§–",
        584: "+<=>~×",
        611: "FTZßø",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%æ",
        944: "Wœ",
        1000: "—…",
        1015: "@",
    }
)

_ARIAL_BOLD = _Widths(
    {
        238: "'",
        278: " ,./I\\ijl’",
        280: "|",
        333: "!()-:;[]`ft",
        350: "•",
        389: "*r{}",
        400: "°",
        474: '"',
        500: "z“”",
        556: "#$0123456789J_aceksvxy€£§–",
        584: "+<=>^~×",
        611: "?FLTZbdghnopqußø",
        667: "EPSVXY",
        722: "&ABCDHKNRU",
        778: "GOQw",
        833: "M",
        889: "%mæ",
        944: "Wœ",
        975: "@",
        1000: "—…",
    }
)


@lru_cache(maxsize=256)
def _table(name: str, *, bold: bool) -> _Widths:
    if any(word in _LIKE_ARIAL for word in name.lower().split()):
        return _ARIAL_BOLD if bold else _ARIAL
    return _CALIBRI_BOLD if bold else _CALIBRI


def text_width(text: str, name: str, size: float, *, bold: bool) -> float:
    """Return how many pixels a line of text takes in a font of a size in points."""
    table = _table(name, bold=bold)
    return sum(map(table.__getitem__, text)) * size * PIXELS_PER_POINT / _THOUSAND


def digit_width(name: str, size: float) -> float:
    """Return how many pixels the widest digit takes."""
    return text_width("0", name, size, bold=False)
