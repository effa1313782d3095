"""
The parts of a workbook as they stand now: those of its package, edited, added and removed ones, and what ties them.

Holds small parts only; sheets' cells are held by their models. Keeps content types and relationships true. Knows no
sheet and no cell.
"""

from __future__ import annotations

import posixpath
from itertools import count

from excel_client.file_engine.problems import PackageDamaged
from excel_client.file_engine.storage.package import Package, resolve_target
from excel_client.file_engine.workbook.relations import (
    EMPTY_RELATIONS,
    Relation,
    read_relations,
    relations_name,
    with_override,
    with_relation,
    without_override,
    without_relation,
)
from excel_client.file_engine.xml.xml_spans import as_utf8

__all__ = ["CONTENT_TYPES", "PartStore"]

CONTENT_TYPES = "[Content_Types].xml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


class PartStore:
    """Parts by name; names do not mind the case."""

    def __init__(self, package: Package) -> None:
        self.package = package
        #: Parts of the package that read differently now, under the package's own spelling.
        self.edited: dict[str, bytes] = {}
        #: Parts that the package does not have, in the order they were added.
        self.added: dict[str, bytes] = {}
        self.removed: set[str] = set()
        self._spelling = {name.lower(): name for name in package.names}

    @property
    def changed(self) -> bool:
        """Whether any part reads differently now."""
        return bool(self.edited or self.added or self.removed)

    @property
    def names(self) -> list[str]:
        """Names of all parts as they stand now."""
        return [*(n for n in self.package.names if n not in self.removed), *self.added]

    def spelled(self, name: str) -> str:
        """Return a part's name as the package spells it; as given where there is no such part."""
        return self._spelling.get(name.lower(), name)

    def has(self, name: str) -> bool:
        """Whether there is such a part now."""
        name = self.spelled(name)
        return name in self.added or (self.package.has(name) and name not in self.removed)

    def part(self, name: str) -> bytes:
        """Return a part as it stands now, in UTF-8; PackageDamaged where there is none."""
        name = self.spelled(name)
        for held in (self.added, self.edited):
            if name in held:
                return held[name]
        if name in self.removed:
            raise PackageDamaged(name)
        return as_utf8(self.package.part(name), name)

    def edit(self, name: str, data: bytes) -> None:
        """Let a part read differently."""
        name = self.spelled(name)
        if data == self.part(name):
            return
        if name in self.added:
            self.added[name] = data
        else:
            self.edited[name] = data

    def add(self, name: str, data: bytes, content_type: str) -> None:
        """Add a part and state its content type; a free name comes from `free_name`."""
        assert not self.has(name), "a part is added once"
        name = self.spelled(name)
        if name in self.removed:
            self.removed.discard(name)
            self.edited[name] = data
        else:
            self.added[name] = data
            self._spelling[name.lower()] = name
        if content_type:
            types = self.part(CONTENT_TYPES)
            self.edit(CONTENT_TYPES, with_override(types, name, content_type, CONTENT_TYPES))

    def remove(self, name: str) -> None:
        """Drop a part with its relationships and its content type; who points to it is the caller's to mend."""
        name = self.spelled(name)
        relations = relations_name(name)
        if not name.endswith(".rels") and self.has(relations):
            self.remove(relations)
        if self.added.pop(name, None) is None:
            self.edited.pop(name, None)
            self.removed.add(name)
        else:
            del self._spelling[name.lower()]
        types = self.part(CONTENT_TYPES)
        self.edit(CONTENT_TYPES, without_override(types, name, CONTENT_TYPES))

    def free_name(self, pattern: str) -> str:
        """Return the first name of a pattern such as "xl/tables/table{}.xml" that is not taken, counted from 1."""
        names = (pattern.format(number) for number in count(1))
        return next(name for name in names if self.is_free(name))

    def is_free(self, name: str) -> bool:
        """Whether no part has or had a name, nor left relationships behind under it."""
        return not (
            self.has(name)
            or name in self.removed
            or self.has(relations_name(name))
            or relations_name(name) in self.removed
        )

    # Relationships

    def relations(self, part: str) -> list[Relation]:
        """Return the relationships of a part; none where it has no such part."""
        name = self.spelled(relations_name(self.spelled(part)))
        return read_relations(self.part(name), name) if self.has(name) else []

    def target(self, part: str, relation: Relation) -> str:
        """Return the name of the part that a relationship points to, as the package spells it."""
        return self.spelled(resolve_target(part, relation.target))

    def related(self, part: str, kind: str) -> list[str]:
        """Return the parts of a kind that a part points to and that exist."""
        targets = [
            self.target(part, relation)
            for relation in self.relations(part)
            if relation.kind == kind and not relation.is_external
        ]
        return [name for name in targets if self.has(name)]

    def relate(self, part: str, type_uri: str, target: str, *, external: bool = False) -> str:
        """Tie a part to another one, or to an address outside, and return the new relationship's id."""
        part = self.spelled(part)
        name = relations_name(part)
        if not self.has(name):
            self.add(name, EMPTY_RELATIONS, "")
            self._state_relations_type()
        taken = {relation.key for relation in self.relations(part)}
        key = next(key for key in (f"rId{number}" for number in count(1)) if key not in taken)
        if not external:
            target = posixpath.relpath(f"/{target}", posixpath.dirname(f"/{part}"))
        data = with_relation(self.part(name), key, type_uri, target, name, external=external)
        self.edit(name, data)
        return key

    def add_relations(self, part: str, data: bytes) -> None:
        """Give a part without relationships those of another one, their ids kept."""
        self.add(relations_name(self.spelled(part)), data, "")
        self._state_relations_type()

    def unrelate(self, part: str, key: str) -> None:
        """Drop a relationship; what it pointed to stays."""
        name = self.spelled(relations_name(self.spelled(part)))
        self.edit(name, without_relation(self.part(name), key, name))

    def _state_relations_type(self) -> None:
        types = self.part(CONTENT_TYPES)
        if b'"rels"' not in types and b"'rels'" not in types:
            data = with_override(types, "rels", _RELATIONS_TYPE, CONTENT_TYPES, extension=True)
            self.edit(CONTENT_TYPES, data)
