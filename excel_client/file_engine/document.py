"""
A workbook as the engine holds it: its package, its sheets and tables, and how all of it is saved and checked.

A part is read when it is first needed and rendered when the workbook is saved; what was not changed is never rendered.
Knows no xlwings.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from excel_client.file_engine import workbook_part
from excel_client.file_engine.cell_writing import CellWriter
from excel_client.file_engine.cells import CellReader
from excel_client.file_engine.package import (
    FILE_BYTES_LIMIT,
    Package,
    WrittenPart,
    resolve_target,
    write_package,
)
from excel_client.file_engine.problems import (
    CheckFailed,
    NotAWorkbook,
    NotReadable,
    OutsideFileEngine,
    PackageRefused,
    ReadOnly,
    SignedWorkbook,
)
from excel_client.file_engine.references import Area
from excel_client.file_engine.saving import FileState, FileStore, read_file, state_of
from excel_client.file_engine.shared_strings import read_shared_strings
from excel_client.file_engine.sheet_model import SheetModel
from excel_client.file_engine.styles import Styles
from excel_client.file_engine.table_growth import TableModel, followed_name
from excel_client.file_engine.workbook_part import DefinedName, Relation, SheetEntry, WorkbookPart
from excel_client.file_engine.xml_spans import as_utf8

__all__ = ["Document"]

_CONTENT_TYPES = "[Content_Types].xml"


def relations_name(part: str) -> str:
    """Return the part that holds another part's relationships."""
    folder, slash, name = part.rpartition("/")
    return f"{folder}{slash}_rels/{name}.rels"


class Document:
    """One open workbook."""

    def __init__(
        self,
        raw: bytes,
        *,
        path: Path | None,
        state: FileState | None,
        store: FileStore,
        read_only: bool = False,
    ) -> None:
        self.path = path
        self.state = state
        self.store = store
        self.read_only = read_only
        self._load(Package(raw))

    @classmethod
    def open(cls, path: Path, store: FileStore, *, read_only: bool) -> Document:
        """Open a workbook file; a symbolic link's target is what is read and later replaced."""
        path = path.resolve()
        try:
            raw, state = read_file(path, FILE_BYTES_LIMIT)
        except OSError as error:
            raise NotReadable(path.name) from error
        return cls(raw, path=path, state=state, store=store, read_only=read_only)

    def _load(self, package: Package) -> None:
        self.package = package
        #: Small parts as they stand now, by name; a part that is not here stands in the package.
        self._edited: dict[str, bytes] = {}
        self._models: dict[str, SheetModel] = {}
        self._tables: dict[str, list[TableModel]] = {}
        for name in ("reader", "writer", "styles", "workbook", "_workbook_relations"):
            self.__dict__.pop(name, None)
        if not package.has(_CONTENT_TYPES) or not package.has("_rels/.rels"):
            raise NotAWorkbook
        mains = [r for r in self.relations("") if r.kind == "officeDocument" and not r.is_external]
        if not mains:
            raise NotAWorkbook
        self.workbook_name = resolve_target("", mains[0].target)
        assert self.workbook.sheets is not None, "reading it refuses what is no workbook"

    # Parts

    def part(self, name: str) -> bytes:
        """Return a small part as it stands now, in UTF-8."""
        if name not in self._edited:
            return as_utf8(self.package.part(name), name)
        return self._edited[name]

    def edit(self, name: str, data: bytes) -> None:
        """Let a small part read differently."""
        if data != self.part(name):
            self._edited[name] = data

    def relations(self, part: str) -> list[Relation]:
        """Return the relationships of a part; none where it has no such part."""
        name = relations_name(part)
        if not self.package.has(name):
            return []
        return workbook_part.read_relations(self.part(name), name)

    @cached_property
    def workbook(self) -> WorkbookPart:
        """What the workbook part says."""
        return workbook_part.read_workbook(self.part(self.workbook_name), self.workbook_name)

    @cached_property
    def _workbook_relations(self) -> dict[str, Relation]:
        return {relation.key: relation for relation in self.relations(self.workbook_name)}

    def _related(self, kind: str) -> str | None:
        """Return the workbook's part of a kind, or None."""
        for relation in self._workbook_relations.values():
            if relation.kind == kind and not relation.is_external:
                name = resolve_target(self.workbook_name, relation.target)
                return name if self.package.has(name) else None
        return None

    @cached_property
    def styles(self) -> Styles:
        """The workbook's cell formats."""
        name = self._related("styles")
        return Styles(self.part(name) if name else None, name or "styles")

    @cached_property
    def reader(self) -> CellReader:
        """Reads the workbook's cells."""
        strings: list[list[str]] = []

        def shared_strings() -> list[str]:
            if not strings:
                name = self._related("sharedStrings")
                strings.append(read_shared_strings(self.part(name), name) if name else [])
            return strings[0]

        return CellReader(shared_strings, self.styles.dates, since_1904=self.workbook.since_1904)

    @cached_property
    def writer(self) -> CellWriter:
        """Renders the workbook's cells."""
        return CellWriter(self.styles, since_1904=self.workbook.since_1904)

    # Sheets, tables, names

    def worksheets(self) -> list[SheetEntry]:
        """Return the sheets that have cells, in their order; chart sheets have none."""
        kinds = self._workbook_relations
        return [
            entry
            for entry in self.workbook.sheets
            if entry.relation in kinds and kinds[entry.relation].kind == "worksheet"
        ]

    def sheet_part(self, entry: SheetEntry) -> str:
        """Return the name of a sheet's part."""
        relation = self._workbook_relations.get(entry.relation)
        if relation is None:
            raise PackageRefused(self.workbook_name)
        return resolve_target(self.workbook_name, relation.target)

    def sheet(self, entry: SheetEntry) -> SheetModel:
        """Return a sheet's cells."""
        name = self.sheet_part(entry)
        if name not in self._models:
            data = self.package.part(name)
            self._models[name] = SheetModel(data, entry.name, self.reader, self.writer, name)
        return self._models[name]

    def tables(self, entry: SheetEntry) -> list[TableModel]:
        """Return the tables of a sheet."""
        name = self.sheet_part(entry)
        if name not in self._tables:
            targets = {
                relation.key: resolve_target(name, relation.target)
                for relation in self.relations(name)
                if relation.kind == "table"
            }
            keys = self.sheet(entry).surroundings.table_relations()
            self._tables[name] = [
                TableModel(targets[key], self.part(targets[key])) for key in keys if key in targets
            ]
        return self._tables[name]

    def resize_table(self, entry: SheetEntry, table: TableModel, area: Area) -> None:
        """Give a table another last row, with all that follows its data."""
        others = [other.part.area for other in self.tables(entry) if other is not table]
        old = table.part.body
        table.resize(self.sheet(entry), others, area)
        self._edited[table.name] = table.data
        last = table.part.last_row
        names = tuple(followed_name(n, entry.name, old, last) for n in self.workbook.names)
        if names != self.workbook.names:
            self.set_names(names)

    def set_names(self, names: tuple[DefinedName, ...]) -> None:
        """Let the workbook have these names."""
        name = self.workbook_name
        self.edit(name, workbook_part.with_names(self.part(name), names, name))
        self.__dict__.pop("workbook", None)

    def set_sheet_state(self, entry: SheetEntry, state: str) -> None:
        """Show or hide a sheet."""
        name = self.workbook_name
        index = self.workbook.sheets.index(entry)
        self.edit(name, workbook_part.with_sheet_state(self.part(name), index, state, name))
        self.__dict__.pop("workbook", None)

    # Saving

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self._edited) or any(model.changed for model in self._models.values())

    def save(self, path: Path | None = None) -> None:
        """
        Save to the file it came from, or to another one; without a change its own file is not even opened.

        Raises a SaveRefused, after which the file is as it was and the document still holds its changes.
        """
        target = path.resolve() if path is not None else self.path
        if target is None:
            raise OutsideFileEngine(place="save")
        if target == self.path and not self.changed:
            return
        if target == self.path and self.read_only:
            raise ReadOnly(target.name)
        if self.changed and any(name.startswith("_xmlsignatures/") for name in self.package.names):
            raise SignedWorkbook(target.name)
        expected = self.state if target == self.path else state_of(target)
        replaced, removed = self._rendered() if self.changed else ({}, frozenset[str]())
        written: dict[str, WrittenPart] = {}
        fresh: list[Package] = []

        def write(stream: BinaryIO) -> None:
            written.update(write_package(stream, self.package, replaced, removed))

        def check(raw: bytes) -> None:
            fresh.append(self._checked(raw, written, removed))

        self.state = self.store.replace(target, expected, write, check)
        self.path = target
        self.read_only = False
        self._load(fresh[0])

    def _rendered(self) -> tuple[dict[str, Iterable[bytes | memoryview]], frozenset[str]]:
        """Return the parts that read differently now, and those that are gone."""
        removed: set[str] = set()
        changed = {name: model for name, model in self._models.items() if model.changed}
        if any(model.formulas_changed for model in changed.values()):
            removed |= self._without_calculation_chain()
        name = self.workbook_name
        self.edit(name, workbook_part.with_full_calculation(self.part(name), name))
        styles = self._related("styles")
        if styles and self.styles.changed:
            self._edited[styles] = self.styles.rendered()
        replaced: dict[str, Iterable[bytes | memoryview]] = {
            part: [data] for part, data in self._edited.items() if part not in removed
        }
        return replaced | {part: model.stream() for part, model in changed.items()}, frozenset(
            removed
        )

    def _without_calculation_chain(self) -> set[str]:
        """Drop the calculation chain, which Excel makes anew; a stale one means a repair prompt."""
        for relation in self._workbook_relations.values():
            if relation.kind != "calcChain":
                continue
            part = resolve_target(self.workbook_name, relation.target)
            relations = relations_name(self.workbook_name)
            data = workbook_part.without_relation(self.part(relations), relation.key, relations)
            self.edit(relations, data)
            types = workbook_part.without_override(self.part(_CONTENT_TYPES), part, _CONTENT_TYPES)
            self.edit(_CONTENT_TYPES, types)
            return {name for name in self.package.names if name.lower() == part.lower()}
        return set()

    def _checked(
        self, raw: bytes, written: dict[str, WrittenPart], removed: frozenset[str]
    ) -> Package:
        """Read the new package back: nothing missing, what was written is there, and is well-formed."""
        try:
            package = Package(raw)
        except PackageRefused as error:
            raise CheckFailed from error
        if package.names != [name for name in self.package.names if name not in removed]:
            raise CheckFailed
        lower_written = {name.lower() for name in written}
        for name in package.names:
            copied = name.lower() not in lower_written
            if copied and not package.holds_same(self.package, name):
                raise CheckFailed(name)
        for name, part in written.items():
            if package.measure(name) != part:
                raise CheckFailed(name)
            model = self._models.get(name)
            pieces: Iterable[bytes] = [self._edited[name]] if model is None else model.written()
            parser = expat.ParserCreate()
            try:
                for piece in pieces:
                    parser.Parse(piece, False)  # noqa: FBT003 - expat's own signature
                parser.Parse(b"", True)  # noqa: FBT003
            except expat.ExpatError as error:
                raise CheckFailed(name) from error
        return package
