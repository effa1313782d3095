"""
A workbook as the engine holds it: its package, its sheets and tables, and how all of it is saved and checked.

A part is read when it is first needed and rendered when the workbook is saved; what was not changed is never rendered.
Knows no xlwings.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import (
    CheckFailed,
    NotAWorkbook,
    NotReadable,
    OutsideFileEngine,
    PackageRefused,
    ReadOnly,
    SignedWorkbook,
)
from excel_client.file_engine.sheet.cell_writing import CellWriter
from excel_client.file_engine.sheet.cells import CellReader
from excel_client.file_engine.sheet.rich_text import Run, read_rich_strings
from excel_client.file_engine.sheet.shared_strings import read_shared_strings
from excel_client.file_engine.sheet.sheet_model import SheetModel
from excel_client.file_engine.storage.package import (
    FILE_BYTES_LIMIT,
    Package,
    PackageChange,
    Pieces,
    WrittenPart,
    write_package,
)
from excel_client.file_engine.storage.saving import (
    FileState,
    FileStore,
    read_file,
    real_path,
    state_of,
)
from excel_client.file_engine.tables.table_model import TableModel
from excel_client.file_engine.tables.written_cells import WrittenCells
from excel_client.file_engine.workbook import workbook_part
from excel_client.file_engine.workbook.file_kinds import restated_types
from excel_client.file_engine.workbook.part_store import CONTENT_TYPES, PartStore
from excel_client.file_engine.workbook.relations import Relation
from excel_client.file_engine.workbook.sheet_views import settle_front
from excel_client.file_engine.workbook.styles_part import read_styles, write_styles
from excel_client.file_engine.workbook.table_changes import resize_table
from excel_client.file_engine.workbook.workbook_part import DefinedName, SheetEntry, WorkbookPart
from excel_client.file_engine.xml.xml_spans import read_tree

__all__ = ["Document"]


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
        self._written: dict[str, WrittenCells] = {}
        self._sheets_named = len(self.workbook.sheets)
        self._last_sheet_id = max((e.number for e in self.workbook.sheets), default=0)
        #: The key of the sheet that was brought to the front since the workbook was opened.
        self._front: tuple[str, str] | None = None

    @classmethod
    def open(cls, path: Path, store: FileStore, *, read_only: bool) -> Document:
        """Open a workbook file; a symbolic link's target is what is read and later replaced."""
        path = real_path(path)
        try:
            raw, state = read_file(path, FILE_BYTES_LIMIT)
        except OSError as error:
            raise NotReadable(path.name) from error
        return cls(raw, path=path, state=state, store=store, read_only=read_only)

    def _load(self, package: Package) -> None:
        #: The parts as they stand now; sheets' cells are held by their models instead.
        self.parts = PartStore(package)
        self._models: dict[str, SheetModel] = {}
        self._tables: dict[str, list[TableModel]] = {}
        for name in (
            "reader",
            "rich_strings",
            "writer",
            "styles",
            "workbook",
            "_workbook_relations",
        ):
            self.__dict__.pop(name, None)
        if not package.has(CONTENT_TYPES) or not package.has("_rels/.rels"):
            raise NotAWorkbook
        # Read now, so that what is wrong with them is not found when they are first written.
        read_tree(self.parts.part(CONTENT_TYPES), CONTENT_TYPES)
        mains = [r for r in self.parts.relations("") if r.kind == "officeDocument"]
        if not mains or mains[0].is_external:
            raise NotAWorkbook
        self.workbook_name = self.parts.target("", mains[0])
        assert self.workbook.sheets is not None, "reading it refuses what is no workbook"

    # Parts

    @cached_property
    def workbook(self) -> WorkbookPart:
        """What the workbook part says; read anew after `edit_workbook`."""
        return workbook_part.read_workbook(self.parts.part(self.workbook_name), self.workbook_name)

    def edit_workbook(self, data: bytes) -> None:
        """Let the workbook part read differently."""
        self.parts.edit(self.workbook_name, data)
        self.__dict__.pop("workbook", None)
        self.__dict__.pop("_workbook_relations", None)

    @cached_property
    def _workbook_relations(self) -> dict[str, Relation]:
        return {r.key: r for r in self.parts.relations(self.workbook_name)}

    def _related(self, kind: str) -> str | None:
        """Return the workbook's part of a kind, or None."""
        return next(iter(self.parts.related(self.workbook_name, kind)), None)

    @cached_property
    def styles(self) -> Styles:
        """The workbook's cell formats."""
        return read_styles(self.parts, self.workbook_name)

    @cached_property
    def rich_strings(self) -> dict[int, tuple[Run, ...]]:
        """The shared strings whose parts have fonts of their own, by their place."""
        name = self._related("sharedStrings")
        return read_rich_strings(self.parts.part(name), name) if name else {}

    @cached_property
    def reader(self) -> CellReader:
        """Reads the workbook's cells."""
        strings: list[list[str]] = []

        def shared_strings() -> list[str]:
            if not strings:
                name = self._related("sharedStrings")
                strings.append(read_shared_strings(self.parts.part(name), name) if name else [])
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
        return self.parts.target(self.workbook_name, relation)

    def sheet(self, entry: SheetEntry) -> SheetModel:
        """Return a sheet's cells."""
        name = self.sheet_part(entry)
        if name not in self._models:
            data = self.parts.part(name)
            self._models[name] = SheetModel(data, entry.name, self.reader, self.writer, name)
        return self._models[name]

    def entry(self, key: tuple[str, str]) -> SheetEntry:
        """Return the sheet of a key as the workbook lists it now; KeyError when it is gone."""
        for entry in self.workbook.sheets:
            if entry.key == key:
                return entry
        raise KeyError(key)

    @property
    def front(self) -> SheetEntry:
        """The sheet that is in front, always one that has cells."""
        sheets, able = self.workbook.sheets, self.worksheets()
        chosen = [entry for entry in able if entry.key == self._front]
        stated = [e for e in sheets[self.workbook.active_sheet :][:1] if e in able]
        shown = [entry for entry in able if entry.state == "visible"]
        if not able:
            raise OutsideFileEngine(self.workbook_name)
        return [*chosen, *stated, *shown, *able][0]

    @property
    def front_changed(self) -> bool:
        """Whether a sheet was brought to the front since the workbook was opened."""
        return self._front is not None

    def bring_to_front(self, entry: SheetEntry) -> None:
        """Let a sheet be in front; that alone is nothing to save."""
        if entry != self.front:
            self._front = entry.key

    def has_model(self, entry: SheetEntry) -> bool:
        """Whether a sheet's cells were looked at already."""
        return self.sheet_part(entry) in self._models

    def drop_sheet(self, part: str) -> None:
        """Forget the cells and tables of a part that is gone."""
        self._models.pop(part, None)
        self._tables.pop(part, None)
        self._written.pop(part, None)

    def tables(self, entry: SheetEntry) -> list[TableModel]:
        """Return the tables of a sheet."""
        name = self.sheet_part(entry)
        if name not in self._tables:
            targets = {
                relation.key: self.parts.target(name, relation)
                for relation in self.parts.relations(name)
                if relation.kind == "table"
            }
            keys = self.sheet(entry).surroundings.table_relations()
            # However often a table is listed, it is one.
            parts = dict.fromkeys(targets[key] for key in keys if key in targets)
            self._tables[name] = [TableModel(part, self.parts.part(part)) for part in parts]
        return self._tables[name]

    def written_cells(self, entry: SheetEntry) -> WrittenCells:
        """Return what was written into a sheet below its tables since the workbook was opened."""
        return self._written.setdefault(self.sheet_part(entry), WrittenCells())

    def resize_table(self, entry: SheetEntry, table: TableModel, area: Area) -> None:
        """Give a table another size, with all that follows its data."""
        resize_table(self, entry, table, area)

    def set_names(self, names: tuple[DefinedName, ...]) -> None:
        """Let the workbook have these names."""
        name = self.workbook_name
        self.edit_workbook(workbook_part.with_names(self.parts.part(name), names, name))

    def next_sheet_name(self) -> str:
        """Return the name that a new sheet gets: a number higher than any it gave out before."""
        taken = {entry.name.lower() for entry in self.workbook.sheets}
        while True:
            self._sheets_named += 1
            name = f"Sheet{self._sheets_named}"
            if name.lower() not in taken:
                return name

    def next_sheet_id(self) -> str:
        """Return a number that no sheet has or had since the workbook was opened."""
        self._last_sheet_id += 1
        return str(self._last_sheet_id)

    # Saving

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return self.parts.changed or any(model.changed for model in self._models.values())

    def save(self, path: Path | None = None) -> None:
        """
        Save to the file it came from, or to another one; without a change its own file is not even opened.

        Raises a SaveRefused, after which the file is as it was and the document still holds its changes.
        """
        target = real_path(path) if path is not None else self.path
        if target is None:
            raise OutsideFileEngine(place="save")
        if target == self.path and not self.changed:
            return
        if target == self.path and self.read_only:
            raise ReadOnly(target.name)
        types = restated_types(self.parts, self.workbook_name, self.path, target)
        if (self.changed or types is not None) and any(
            name.startswith("_xmlsignatures/") for name in self.parts.package.names
        ):
            raise SignedWorkbook(target.name)
        expected = self.state if target == self.path else state_of(target)
        change = self._rendered() if self.changed else PackageChange()
        if types is not None:
            change = replace(change, replaced={**change.replaced, CONTENT_TYPES: [types]})
        written: dict[str, WrittenPart] = {}
        fresh: list[Package] = []

        def write(stream: BinaryIO) -> None:
            written.update(write_package(stream, self.parts.package, change))

        def check(raw: bytes) -> None:
            fresh.append(self._checked(raw, written, change))

        self.state = self.store.replace(target, expected, write, check)
        self.path = target
        self.read_only = False
        self._load(fresh[0])

    def _rendered(self) -> PackageChange:
        """Return the parts that read differently now, those that are new, and those that are gone."""
        settle_front(self)
        changed = {name: model for name, model in self._models.items() if model.changed}
        if any(model.formulas_changed for model in changed.values()):
            self.drop_calculation_chain()
        name = self.workbook_name
        self.edit_workbook(workbook_part.with_full_calculation(self.parts.part(name), name))
        write_styles(self.parts, name, self.styles)
        replaced: dict[str, Pieces] = {n: [data] for n, data in self.parts.edited.items()}
        added: dict[str, Pieces] = {n: [data] for n, data in self.parts.added.items()}
        for part, model in changed.items():
            (added if part in added else replaced)[part] = model.stream()
        return PackageChange(replaced=replaced, added=added, removed=frozenset(self.parts.removed))

    def drop_calculation_chain(self) -> None:
        """Drop the calculation chain, which Excel makes anew; a stale one means a repair prompt."""
        for relation in self._workbook_relations.values():
            if relation.kind == "calcChain":
                part = self.parts.target(self.workbook_name, relation)
                self.parts.unrelate(self.workbook_name, relation.key)
                if self.parts.has(part):
                    self.parts.remove(part)

    def _checked(
        self, raw: bytes, written: dict[str, WrittenPart], change: PackageChange
    ) -> Package:
        """Read the new package back: nothing missing, what was written is there, and is well-formed."""
        try:
            package = Package(raw)
        except PackageRefused as error:
            raise CheckFailed from error
        old = self.parts.package
        kept = [name for name in old.names if name not in change.removed]
        if package.names != [*kept, *change.added]:
            raise CheckFailed
        for name in kept:
            if name not in written and not package.holds_same(old, name):
                raise CheckFailed(name)
        for name, part in written.items():
            if package.measure(name) != part:
                raise CheckFailed(name)
            if name.endswith((".xml", ".rels", ".vml")):
                self._check_well_formed(name)
        return package

    def _check_well_formed(self, name: str) -> None:
        model = self._models.get(name)
        changed = model is not None and model.changed
        pieces = model.written() if model is not None and changed else [self.parts.part(name)]
        parser = expat.ParserCreate()
        try:
            for piece in pieces:
                parser.Parse(piece, False)  # noqa: FBT003 - expat's own signature
            parser.Parse(b"", True)  # noqa: FBT003
        except expat.ExpatError as error:
            raise CheckFailed(name) from error
