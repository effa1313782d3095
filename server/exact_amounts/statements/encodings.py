"""
From the bytes of a text statement to its text: byte order mark, then UTF-8, then the declared charset, then cp1252.

UTF-8 comes before the declared charset because banks declare cp1252 and write UTF-8, while text of another
charset is almost never valid UTF-8 by chance. Declared names are looked up in a closed table. Nothing here
reads what the text says.
"""

from __future__ import annotations

import codecs
import re
from types import MappingProxyType

from server.exact_amounts.entries.problems import StatementRefused

__all__ = ["decode_statement"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: ISO-8859-1 is read as cp1252, its superset in every printable character (as the WHATWG encoding standard does).
_CHARSETS = MappingProxyType(
    {"iso88591": "cp1252", "88591": "cp1252", "latin1": "cp1252", "1252": "cp1252"}
    | {
        f"{prefix}125{digit}": f"cp125{digit}"
        for digit in range(9)
        for prefix in ("", "cp", "windows")
    }
    | {f"iso8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}
    | {f"8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}
    | dict.fromkeys(("gb2312", "gbk", "gb18030", "936"), "gb18030")
    | {"big5": "big5", "950": "big5", "shiftjis": "cp932", "sjis": "cp932", "932": "cp932"}
    | {
        "eucjp": "euc-jp",
        "euckr": "cp949",
        "949": "cp949",
        "koi8r": "koi8-r",
        "macintosh": "mac-roman",
    }
    | {
        "437": "cp437",
        "cp437": "cp437",
        "850": "cp850",
        "cp850": "cp850",
        "cp852": "cp852",
        "866": "cp866",
    }
)

#: How much of a file may stand before its declaration ends.
_HEAD_BYTES = 4096

_DECLARATIONS = (
    re.compile(rb"""<\?xml[^<>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)""", re.IGNORECASE),
    # In glued headers the next keyword follows without a space.
    re.compile(
        rb"CHARSET:[ \t]*([A-Za-z0-9._-]+?)(?=COMPRESSION|OLDFILEUID|NEWFILEUID|[^A-Za-z0-9._-]|\Z)",
        re.IGNORECASE,
    ),
    re.compile(
        rb"ENCODING:[ \t]*([A-Za-z0-9._-]+?)(?=CHARSET|COMPRESSION|OLDFILEUID|[^A-Za-z0-9._-]|\Z)",
        re.IGNORECASE,
    ),
)

_REPLACEMENT = "�"


def decode_statement(content: bytes) -> str:
    """Return the text of a file; raises StatementRefused where its bytes are not text of the marked charset."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_marked(content[len(mark) :], codec)
    unmarked = _unmarked_utf16(content)
    if unmarked is not None:
        return _decode_marked(content, unmarked)
    if content.isascii():
        return content.decode("ascii")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_single_bytes(content)


def _decode_marked(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        if codec == "utf-8":
            return _decode_single_bytes(content)
        line = content[: error.start].decode(codec, errors="replace").count("\n") + 1
        raise StatementRefused(
            line, "the text is damaged: not the encoding it is marked with"
        ) from None


def _unmarked_utf16(content: bytes) -> str | None:
    """The codec of UTF-16 without a byte order mark: Latin text has a zero in nearly every other byte."""
    head = content[:512]
    half = len(head) // 2
    even_zeros = head[0::2].count(0)
    odd_zeros = head[1::2].count(0)
    mostly = half - half // 8
    if half > 1 and odd_zeros >= mostly and even_zeros <= half // 8:
        return "utf-16-le"
    if half > 1 and even_zeros >= mostly and odd_zeros <= half // 8:
        return "utf-16-be"
    return None


def _decode_single_bytes(content: bytes) -> str:
    """Decode bytes that are not valid UTF-8."""
    repaired = content.decode("utf-8", errors="replace")
    broken = repaired.count(_REPLACEMENT)
    # Banks cut long names at a byte count, in the middle of a character: the rest is UTF-8 all the same.
    whole = len(repaired) - len(repaired.encode("ascii", errors="ignore")) - broken
    if whole > broken:
        return repaired
    head = content[:_HEAD_BYTES]
    for declaration in _DECLARATIONS:
        match = declaration.search(head)
        codec = (
            _CHARSETS.get(re.sub(r"[^a-z0-9]", "", match[1].decode("ascii").lower()))
            if match
            else None
        )
        if codec is not None:
            try:
                return content.decode(codec)
            except UnicodeDecodeError:
                break
    return content.decode("cp1252", errors="replace")
