"""
An .xlsx package opened for checking: its parts, their XML, their relationships, and what is wrong with those.

Reads only, by the standard library alone. Sheets are not parsed here: they can be large.
"""

from __future__ import annotations

import io
import posixpath
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "MAIN",
    "RELATION_ID",
    "Finding",
    "Package",
    "PackageUnreadable",
    "Relation",
    "check_package",
    "open_package",
]

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_CONTENT = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
_CONTENT_TYPES = "[Content_Types].xml"
_SPREADSHEET_FOLDERS = ("xl/worksheets/", "xl/tables/", "xl/charts/", "xl/drawings/")
_SPREADSHEET_PARTS = ("xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing that makes Excel offer a repair, or refuse the file."""

    #: A short name of the kind of fault.
    code: str
    part: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relationship: its kind (the last word of its type) and the part it leads to."""

    kind: str
    target: str
    is_external: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The parts of a package; `roots` holds all XML parts but the sheets."""

    parts: Mapping[str, bytes]
    roots: Mapping[str, ET.Element]
    #: By the part that has them, then by their id.
    relations: Mapping[str, Mapping[str, Relation]]


class PackageUnreadable(Exception):
    """The package cannot be checked further: `findings` says why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(self.__doc__)
        self.findings = findings


def open_package(source: Path | bytes) -> Package:
    """Open a package; raise PackageUnreadable where no more can be said than that it is broken."""
    parts = _parts_of(source)
    findings = []
    roots = {}
    for name, content in parts.items():
        if not name.endswith((".xml", ".rels", ".vml")) or _is_sheet(name):
            continue
        try:
            roots[name] = ET.fromstring(content)
        except ET.ParseError as error:
            findings.append(Finding(code="xml", part=name, message=str(error)))
    findings.extend(
        Finding(code="part-missing", part=needed, message="no such part")
        for needed in (_CONTENT_TYPES, "xl/workbook.xml")
        if needed not in parts
    )
    if findings:
        raise PackageUnreadable(findings)
    return Package(parts=parts, roots=roots, relations=_relations_of(roots))


def check_package(package: Package) -> Iterator[Finding]:
    """Find faults of the package itself: content types, relationships, undeclared prefixes."""
    yield from _check_content_types(package)
    yield from _check_relation_targets(package)
    for name, root in package.roots.items():
        yield from check_relation_ids(name, root, package)
    for name in package.parts:
        if name in package.roots or _is_sheet(name):
            yield from _check_ignorable_prefixes(name, package.parts[name])


def check_relation_ids(name: str, root: ET.Element, package: Package) -> Iterator[Finding]:
    """Find uses of a relationship that the part does not have."""
    known = package.relations.get(name, {})
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute.startswith(RELATION_ID) and value not in known:
                yield Finding(
                    code="relation-unknown", part=name, message=f"no relationship {value}"
                )


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _parts_of(source: Path | bytes) -> dict[str, bytes]:
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with zipfile.ZipFile(stream) as archive:
            findings = list(_check_archive(archive))
            if findings:
                raise PackageUnreadable(findings)
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        finding = Finding(code="zip", part="", message=str(error))
        raise PackageUnreadable([finding]) from error


def _check_archive(archive: zipfile.ZipFile) -> Iterator[Finding]:
    seen = set()
    for entry in archive.infolist():
        name = entry.filename
        if name.casefold() in seen:
            yield Finding(code="zip-duplicate", part=name, message="two parts of one name")
        seen.add(name.casefold())
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            yield Finding(code="zip-method", part=name, message="neither stored nor deflated")
        if "\\" in entry.orig_filename or name.startswith("/"):
            yield Finding(code="zip-name", part=name, message="not a part name")


def _relations_of(roots: Mapping[str, ET.Element]) -> dict[str, dict[str, Relation]]:
    relations: dict[str, dict[str, Relation]] = {}
    for name, root in roots.items():
        if not name.endswith(".rels"):
            continue
        folder = posixpath.dirname(posixpath.dirname(name))
        owner = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
        relations[owner] = {}
        for element in root.iter(_RELATION):
            target = element.get("Target", "")
            is_external = element.get("TargetMode") == "External"
            if not is_external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rsplit("/", 1)[-1]
            relation = Relation(kind=kind, target=target, is_external=is_external)
            relations[owner][element.get("Id", "")] = relation
    return relations


def _check_content_types(package: Package) -> Iterator[Finding]:
    types = package.roots[_CONTENT_TYPES]
    defaults = {
        element.get("Extension", "").lower() for element in types.iter(f"{_CONTENT}Default")
    }
    overrides = [
        element.get("PartName", "").lstrip("/") for element in types.iter(f"{_CONTENT}Override")
    ]
    for name in overrides:
        if name not in package.parts:
            yield Finding(code="content-type-orphan", part=name, message="type of a missing part")
    if len(set(overrides)) != len(overrides):
        yield Finding(code="content-type-duplicate", part=_CONTENT_TYPES, message="a part twice")
    for name in package.parts:
        if name in overrides or name == _CONTENT_TYPES or name.endswith("/"):
            continue
        needs_override = name.endswith(".xml") and (
            name.startswith(_SPREADSHEET_FOLDERS) or name in _SPREADSHEET_PARTS
        )
        if needs_override or name.rsplit(".", 1)[-1].lower() not in defaults:
            yield Finding(code="content-type-missing", part=name, message="no content type")


def _check_relation_targets(package: Package) -> Iterator[Finding]:
    for name, root in package.roots.items():
        if name.endswith(".rels"):
            ids = [element.get("Id") for element in root.iter(_RELATION)]
            if len(set(ids)) != len(ids):
                yield Finding(code="relation-duplicate", part=name, message="an id twice")
    for owner, relations in package.relations.items():
        for identifier, relation in relations.items():
            if not relation.is_external and relation.target not in package.parts:
                message = f"{identifier} leads to {relation.target}"
                yield Finding(code="relation-missing", part=owner, message=message)


def _check_ignorable_prefixes(name: str, content: bytes) -> Iterator[Finding]:
    """A prefix in mc:Ignorable without its namespace: what rewriting XML by ElementTree leaves behind."""
    if b"Ignorable" not in content[:4096]:
        return
    declared: set[str] = set()
    for event, item in ET.iterparse(io.BytesIO(content), events=("start-ns", "start")):
        if event == "start-ns":
            prefix, _ = item
            declared.add(prefix)
            continue
        for prefix in item.get(_IGNORABLE, "").split():
            if prefix not in declared:
                message = f"prefix {prefix} has no namespace"
                yield Finding(code="ignorable-prefix", part=name, message=message)
        return
