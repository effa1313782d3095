"""
Parts that a copied sheet takes along: tables, notes, drawings, charts, pictures, planned first and then added.

A part keeps the ids of its relationships, so that what refers to them stays true. Knows no cell.
"""

from __future__ import annotations

import posixpath
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from excel_client.file_engine.problems import OutsideFileEngine
from excel_client.file_engine.workbook.note_shapes import id_blocks
from excel_client.file_engine.workbook.part_store import CONTENT_TYPES, PartStore
from excel_client.file_engine.workbook.relations import relations_name, with_override
from excel_client.file_engine.xml.xml_spans import read_tree, set_attribute, splice

__all__ = ["PartCopies", "without_revision_ids"]

_COPIED = frozenset(
    """table comments threadedComment vmlDrawing drawing chart chartEx chartStyle chartColorStyle themeOverride
    chartUserShapes printerSettings diagramData diagramLayout diagramQuickStyle diagramColors diagramDrawing""".split()
)
_SHARED = {"image", "hdphoto"}
_OUTSIDE = {"hyperlink", "image"}
_NUMBERED = re.compile(r"(.*?)\d*(\.[^./]+)")
_REVISION_ID = re.compile(rb"""\s[\w.-]+:uid="\{[^"]*\}\"""")
_THREAD_ID = re.compile(rb"""\sid="(\{[^"]+\})\"""")
_SHAPE_ID = re.compile(rb"_x0000_s(\d{1,9})")
_SHAPE_BLOCKS = re.compile(rb"""(<o:idmap\s[^<>]*?\bdata=")([^"]*)\"""")
_BLOCK_IDS = 1024


def without_revision_ids(data: bytes) -> bytes:
    """Return a part without the ids that tell it apart from its copies while several people edit it."""
    return _REVISION_ID.sub(b"", data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    name: str
    kind: str
    data: bytes
    content_type: str


class PartCopies:
    """
    What one sheet's copy takes along into a workbook, the same one or another.

    `rewritten` returns a part of a kind as the copy has it.
    """

    def __init__(
        self,
        source: PartStore,
        target: PartStore,
        rewritten: Callable[[str, str, bytes], bytes],
    ) -> None:
        self._source = source
        self._target = target
        self._rewritten = rewritten
        self._planned: dict[str, _Planned] = {}
        self._relations: dict[str, bytes] = {}
        self._taken: set[str] = set()
        self._threads: dict[bytes, bytes] = {}
        self._types = _content_types(source)
        self._last_block = _last_block(target)

    def free_name(self, like: str) -> str:
        """Return a name for the copy of a part, which no part and no other copy has."""
        match = _NUMBERED.fullmatch(like)
        stem, suffix = match.groups() if match else (like, "")
        names = (f"{stem}{number}{suffix}" for number in count(1))
        name = next(name for name in names if self._is_free(name))
        self._taken.add(name.lower())
        return name

    def _is_free(self, name: str) -> bool:
        return self._target.is_free(name) and name.lower() not in self._taken

    def plan_relations(self, part: str, copy: str) -> None:
        """Plan the relationships of a part's copy and all that they lead to; refuse what can't be copied exactly."""
        name = self._source.spelled(relations_name(part))
        if not self._source.has(name):
            return
        data = self._source.part(name)
        relations = self._source.relations(part)
        threads = [r for r in relations if r.kind == "threadedComment"]
        for relation in threads:
            self._plan_threads(self._source.target(part, relation), copy)
        edits = []
        for element, relation in zip(read_tree(data, name).children, relations, strict=True):
            if relation.is_external or (relation.kind == "hyperlink" and "#" in relation.target):
                if relation.kind not in _OUTSIDE:
                    raise OutsideFileEngine(part)
                continue
            target = self._copied(self._source.target(part, relation), relation.kind)
            path = posixpath.relpath(f"/{target}", posixpath.dirname(f"/{copy}"))
            tag = set_attribute(data[element.start : element.open_end], "Target", path)
            edits.append((element.start, element.open_end, tag))
        self._relations[copy] = splice(data, edits)

    def _copied(self, part: str, kind: str) -> str:
        """Return the name of what a relationship of the copy leads to."""
        if kind in _SHARED and self._source is self._target:
            return part
        if kind not in _COPIED | _SHARED or not self._source.has(part):
            raise OutsideFileEngine(part)
        if part in self._planned:
            return self._planned[part].name
        copy = self.free_name(part)
        # What leads back to the part finds the copy.
        self._planned[part] = _Planned(name=copy, kind=kind, data=b"", content_type="")
        data = self._data(part, kind)
        self.plan_relations(part, copy)
        content_type = self._content_type(part)
        self._planned[part] = _Planned(name=copy, kind=kind, data=data, content_type=content_type)
        return copy

    def _data(self, part: str, kind: str) -> bytes:
        if not part.lower().endswith((".xml", ".vml", ".rels")):
            held = self._source.added.get(part)
            return held if held is not None else self._source.package.part(part)
        data = self._source.part(part)
        if kind == "chart" and b"pivotSource" in data:
            raise OutsideFileEngine(part)
        if kind == "vmlDrawing":
            return self._with_own_blocks(data)
        if kind in {"comments", "threadedComment"}:
            for old, new in self._threads.items():
                data = data.replace(old, new)
            return data
        return self._rewritten(part, kind, data)

    def _plan_threads(self, part: str, copy: str) -> None:
        """Choose new ids for the comments of a thread, which also stand in the notes' part."""
        for old in _THREAD_ID.findall(self._source.part(part)):
            name = f"{copy} {old.decode()} {len(self._target.names)}"
            new = str(uuid.uuid5(uuid.NAMESPACE_OID, name)).upper()
            self._threads[old] = b"{%b}" % new.encode()

    def _with_own_blocks(self, data: bytes) -> bytes:
        """Return a drawing of notes with blocks of shape ids that no other drawing of the workbook uses."""
        blocks = {}
        for old in sorted(id_blocks(data)):
            self._last_block += 1
            blocks[old] = self._last_block

        def shape(match: re.Match[bytes]) -> bytes:
            block, rest = divmod(int(match[1]), _BLOCK_IDS)
            return b"_x0000_s%d" % (blocks[block] * _BLOCK_IDS + rest)

        def stated(match: re.Match[bytes]) -> bytes:
            numbers = [str(blocks[int(n)]) for n in re.findall(r"\d+", match[2].decode())]
            return match[1] + ",".join(numbers).encode() + b'"'

        return _SHAPE_BLOCKS.sub(stated, _SHAPE_ID.sub(shape, data))

    def _content_type(self, part: str) -> str:
        overrides, defaults = self._types
        stated = overrides.get(part.lower()) or defaults.get(part.rpartition(".")[2].lower())
        if stated is None:
            raise OutsideFileEngine(part)
        return stated

    def rewrite(self, kind: str, rewritten: Callable[[str, bytes], bytes]) -> None:
        """Rewrite the planned copies of a kind once more."""
        for part, planned in self._planned.items():
            if planned.kind == kind:
                self._planned[part] = replace(planned, data=rewritten(part, planned.data))

    def add_to_target(self) -> None:
        """Add all that was planned."""
        _, defaults = _content_types(self._target)
        for planned in self._planned.values():
            extension = planned.name.rpartition(".")[2].lower()
            stated = planned.content_type
            is_xml = extension == "xml"
            if not is_xml and extension not in defaults:
                types = self._target.part(CONTENT_TYPES)
                types = with_override(types, extension, stated, CONTENT_TYPES, extension=True)
                self._target.edit(CONTENT_TYPES, types)
                defaults[extension] = stated
            said = not is_xml and defaults.get(extension) == stated
            self._target.add(planned.name, planned.data, "" if said else stated)
        for part, data in self._relations.items():
            self._target.add_relations(part, data)


def _content_types(parts: PartStore) -> tuple[dict[str, str], dict[str, str]]:
    """Return the stated content types by part and by extension, both in lower case."""
    overrides, defaults = {}, {}
    for element in read_tree(parts.part(CONTENT_TYPES), CONTENT_TYPES).children:
        stated = element.attributes.get("ContentType", "")
        if element.name == "Override":
            overrides[element.attributes.get("PartName", "").lower().lstrip("/")] = stated
        else:
            defaults[element.attributes.get("Extension", "").lower()] = stated
    return overrides, defaults


def _last_block(parts: PartStore) -> int:
    drawings = [name for name in parts.names if name.lower().endswith(".vml")]
    return max((max(id_blocks(parts.part(n)), default=0) for n in drawings), default=0)
