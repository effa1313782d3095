"""
The zip package of a workbook, read from bytes and written anew with chosen parts replaced.

A hostile package is refused before anything of it is unpacked: sizes, names, overlaps and encryption are judged from
the directory, and what is unpacked is measured and checked against its CRC. A part that is not replaced is copied as
it lies in the file, its header and compressed bytes included. Knows zip, not Excel. Source: APPNOTE.TXT 6.3.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias, cast

from isal import isal_zlib

from excel_client.file_engine.problems import (
    EncryptedWorkbook,
    NotAWorkbook,
    PackageDamaged,
    PackageTooLarge,
    UnsafePackage,
)

__all__ = [
    "Package",
    "PackageChange",
    "Pieces",
    "WrittenPart",
    "resolve_target",
    "write_package",
]

FILE_BYTES_LIMIT = 256 * 2**20
UNPACKED_BYTES_LIMIT = 512 * 2**20
PART_COUNT_LIMIT = 20_000
#: Above this size a part may not be packed tighter than the ratio; deflate itself ends near 1,032.
SUSPECT_BYTES = 16 * 2**20
RATIO_LIMIT = 250

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
#: A part, all parts with a strong cipher, or the directory: encrypted in one way or another.
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_UTF8_FLAG = 0x800
_UNSAFE_NAME = re.compile(r"""(^|/)\.\.?(/|$)|^/|^[A-Za-z]:|[\\\x00-\x1f"<>|]|//""")
_CHUNK_BYTES = 2**20
_PACKED_CHUNK_BYTES = 2**16
# isal's stubs call this class an instance.
_BrokenStream = cast("type[Exception]", isal_zlib.IsalError)
_DEFLATE_LEVEL = 2
_ZIP64_EXTRA = 1
_NO_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    info: zipfile.ZipInfo
    #: Where the compressed bytes begin, and where the entry with its descriptor ends.
    data_start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPart:
    """What was written as a part: the check reads it back and compares."""

    crc: int
    size: int


def resolve_target(part: str, target: str) -> str:
    """Return the part that a relationship of another part points to; UnsafePackage when it leaves the package."""
    path = (
        target if target.startswith("/") else posixpath.join("/", posixpath.dirname(part), target)
    )
    resolved = posixpath.normpath(path).lstrip("/")
    if not resolved or resolved.startswith(".."):
        raise UnsafePackage(part)
    return resolved


Pieces: TypeAlias = Iterable[bytes | memoryview]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """What a written package has differently: parts with other bytes, new parts behind all others, and those gone."""

    replaced: Mapping[str, Pieces] = field(default_factory=dict)
    added: Mapping[str, Pieces] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()


class Package:
    """A zip package held as its file's bytes; parts are unpacked when asked for."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > FILE_BYTES_LIMIT:
            raise PackageTooLarge
        if raw.startswith(_OLE_MAGIC):
            raise EncryptedWorkbook if b"E\0n\0c\0r\0y\0p\0t\0" in raw else NotAWorkbook
        # Counted before zipfile makes an object of each; the mark is seldom found elsewhere.
        if raw.count(b"PK\x01\x02") > 2 * PART_COUNT_LIMIT:
            raise PackageTooLarge
        self.raw = raw
        self._entries = self._read_directory()
        self._by_name = {entry.info.filename.lower(): entry for entry in self._entries}

    def _read_directory(self) -> list[_Entry]:
        try:
            with zipfile.ZipFile(io.BytesIO(self.raw)) as archive:
                infos = archive.infolist()
                directory_start = archive.start_dir
        except (
            zipfile.BadZipFile,
            RuntimeError,
            ValueError,
            OverflowError,
            struct.error,
            OSError,
        ) as error:
            raise NotAWorkbook from error
        if not infos:
            raise NotAWorkbook
        if len(infos) > PART_COUNT_LIMIT:
            raise PackageTooLarge
        if sum(info.file_size for info in infos) > UNPACKED_BYTES_LIMIT:
            raise PackageTooLarge
        names = [info.filename.lower() for info in infos]
        if len(set(names)) != len(names):
            raise UnsafePackage
        for info in infos:
            _judge(info)
        ordered = sorted(infos, key=lambda info: info.header_offset)
        ends = [info.header_offset for info in ordered[1:]] + [directory_start]
        entries = {
            info.filename: self._entry(info, end) for info, end in zip(ordered, ends, strict=True)
        }
        return [entries[info.filename] for info in infos]

    def _entry(self, info: zipfile.ZipInfo, end: int) -> _Entry:
        # A place before the file's beginning would be counted from its end.
        if not 0 <= info.header_offset <= len(self.raw) - _LOCAL.size:
            raise PackageDamaged(info.filename)
        header = _LOCAL.unpack_from(self.raw, info.header_offset)
        name_length, extra_length = header[9], header[10]
        name_start = info.header_offset + _LOCAL.size
        data_start = name_start + name_length + extra_length
        codec = "utf-8" if info.flag_bits & _UTF8_FLAG else "cp437"
        name = self.raw[name_start : name_start + name_length]
        if header[0] != b"PK\x03\x04" or data_start + info.compress_size > end:
            raise PackageDamaged(info.filename)
        # What another reader would find where it trusts the entry instead of the directory.
        if name.decode(codec, "replace") != info.orig_filename or header[3] != info.compress_type:
            raise UnsafePackage(info.filename)
        if header[2] & _ENCRYPTED_FLAGS:
            raise EncryptedWorkbook(info.filename)
        return _Entry(info=info, data_start=data_start, end=end)

    @property
    def names(self) -> list[str]:
        """Names of all parts, in the file's order."""
        return [entry.info.filename for entry in self._entries]

    def has(self, name: str) -> bool:
        """Whether there is such a part; parts' names do not mind the case."""
        return name.lower() in self._by_name

    def part(self, name: str) -> bytes:
        """Return the unpacked bytes of a part; PackageDamaged when it is missing, cut off or altered."""
        entry = self._by_name.get(name.lower())
        if entry is None:
            raise PackageDamaged(name)
        info = entry.info
        packed = memoryview(self.raw)[entry.data_start : entry.data_start + info.compress_size]
        stored = info.compress_type == zipfile.ZIP_STORED
        data = bytes(packed) if stored else _inflated(packed, info)
        if len(data) != info.file_size or isal_zlib.crc32(data) != info.CRC:
            raise PackageDamaged(name)
        return data

    def entries(self) -> list[_Entry]:
        """Return the entries in the file's order, for the writer of this module."""
        return self._entries

    def holds_same(self, other: Package, name: str) -> bool:
        """Whether a part lies in both packages with the same header and compressed bytes."""
        mine, theirs = self._by_name[name.lower()], other._by_name[name.lower()]
        return (
            memoryview(self.raw)[mine.info.header_offset : mine.end]
            == memoryview(other.raw)[theirs.info.header_offset : theirs.end]
        )

    def measure(self, name: str) -> WrittenPart:
        """Unpack a part piece by piece and return its real CRC and size."""
        entry = self._by_name.get(name.lower())
        if entry is None:
            raise PackageDamaged(name)
        packed = memoryview(self.raw)[
            entry.data_start : entry.data_start + entry.info.compress_size
        ]
        inflater = isal_zlib.decompressobj(-15)
        crc = size = 0
        try:
            for start in range(0, len(packed), _PACKED_CHUNK_BYTES):
                left = packed[start : start + _PACKED_CHUNK_BYTES]
                piece = inflater.decompress(left, _CHUNK_BYTES)
                while piece:
                    crc = isal_zlib.crc32(piece, crc)
                    size += len(piece)
                    piece = inflater.decompress(inflater.unconsumed_tail, _CHUNK_BYTES)
        except _BrokenStream as error:
            raise PackageDamaged(name) from error
        return WrittenPart(crc=crc, size=size)


def _judge(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if info.flag_bits & _ENCRYPTED_FLAGS:
        raise EncryptedWorkbook(name)
    if not name or _UNSAFE_NAME.search(name) or name != info.orig_filename:
        raise UnsafePackage
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnsafePackage(name)
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise PackageDamaged(name)
    if info.file_size > SUSPECT_BYTES and info.file_size > RATIO_LIMIT * info.compress_size:
        raise PackageTooLarge(name)


def _inflated(packed: memoryview, info: zipfile.ZipInfo) -> bytes:
    inflater = isal_zlib.decompressobj(-15)
    try:
        data: bytes = inflater.decompress(packed, info.file_size + 1)
    except _BrokenStream as error:
        raise PackageDamaged(info.filename) from error
    return data


class _Writer:
    """Writes entries one after the other and their directory at the end."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.offset = 0
        self.directory: list[bytes] = []

    def copy(self, package: Package, entry: _Entry) -> None:
        info = entry.info
        self._list(info, info.CRC, info.compress_size, info.file_size, _without_zip64(info.extra))
        start = info.header_offset
        self._write(memoryview(package.raw)[start : entry.end])

    def add(self, info: zipfile.ZipInfo, pieces: Pieces) -> WrittenPart:
        start = self.offset
        self._write(self._local(info, 0, 0, 0))
        deflater = isal_zlib.compressobj(_DEFLATE_LEVEL, isal_zlib.DEFLATED, -15)
        crc = size = 0
        data_start = self.offset
        for piece in pieces:
            crc = isal_zlib.crc32(piece, crc)
            size += len(piece)
            self._write(deflater.compress(piece))
        self._write(deflater.flush())
        packed_size = self.offset - data_start
        self._list(info, crc, packed_size, size, b"", start)
        self.stream.seek(start)
        self.stream.write(self._local(info, crc, packed_size, size))
        self.stream.seek(self.offset)
        return WrittenPart(crc=crc, size=size)

    def finish(self) -> None:
        start = self.offset
        for record in self.directory:
            self._write(record)
        count = len(self.directory)
        size = self.offset - start
        self._write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0))

    def _write(self, data: bytes | memoryview) -> None:
        self.stream.write(data)
        self.offset += len(data)

    @staticmethod
    def _local(info: zipfile.ZipInfo, crc: int, packed_size: int, size: int) -> bytes:
        name, flags = _name_and_flags(info)
        date, time = _dos_time(info)
        record = _LOCAL.pack(
            b"PK\x03\x04", 20, flags, 8, time, date, crc, packed_size, size, len(name), 0
        )
        return record + name

    def _list(
        self,
        info: zipfile.ZipInfo,
        crc: int,
        packed_size: int,
        size: int,
        extra: bytes,
        replaced_at: int | None = None,
    ) -> None:
        name, flags = _name_and_flags(info)
        method = zipfile.ZIP_DEFLATED
        if replaced_at is None:
            flags, method = info.flag_bits, info.compress_type
        date, time = _dos_time(info)
        record = _CENTRAL.pack(
            b"PK\x01\x02",
            info.create_version | info.create_system << 8,
            20 if replaced_at is not None else info.extract_version,
            flags,
            method,
            time,
            date,
            crc,
            packed_size,
            size,
            len(name),
            len(extra),
            len(info.comment),
            0,
            info.internal_attr,
            info.external_attr,
            self.offset if replaced_at is None else replaced_at,
        )
        self.directory.append(record + name + extra + info.comment)


def _name_and_flags(info: zipfile.ZipInfo) -> tuple[bytes, int]:
    flags = info.flag_bits & _UTF8_FLAG
    if not flags and not info.orig_filename.isascii():
        return info.orig_filename.encode("cp437"), 0
    return info.orig_filename.encode(), flags


def _dos_time(info: zipfile.ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = info.date_time
    return (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2


def _without_zip64(extra: bytes) -> bytes:
    """Return a directory entry's extra fields without the large sizes, which are written in full."""
    kept = b""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind != _ZIP64_EXTRA:
            kept += extra[position : position + 4 + length]
        position += 4 + length
    return kept


def write_package(
    stream: BinaryIO, package: Package, change: PackageChange
) -> dict[str, WrittenPart]:
    """Write a package with a change; return what was written of the replaced and the new parts."""
    writer = _Writer(stream)
    written: dict[str, WrittenPart] = {}
    by_lower_name = {name.lower(): name for name in change.replaced}
    assert all(package.has(name) for name in change.replaced), "only existing parts are replaced"
    removed = {name.lower() for name in change.removed}
    for entry in package.entries():
        name = entry.info.filename
        if name.lower() in removed:
            continue
        if name.lower() in by_lower_name:
            key = by_lower_name[name.lower()]
            written[key] = writer.add(entry.info, change.replaced[key])
        else:
            writer.copy(package, entry)
    for name, pieces in change.added.items():
        info = zipfile.ZipInfo(name, _NO_DATE)
        info.flag_bits = 0 if name.isascii() else _UTF8_FLAG
        written[name] = writer.add(info, pieces)
    writer.finish()
    return written
