"""
Formats of one workbook in another one: found there by what they look like, or added.

Colours of the theme stay colours of the theme, as in Excel. Source: ECMA-376 part 1, 18.8. Knows no cell.
"""

from __future__ import annotations

from excel_client.file_engine.formats.styles import Styles
from excel_client.file_engine.problems import OutsideFileEngine, PackageDamaged
from excel_client.file_engine.xml.cell_text import attribute_text
from excel_client.file_engine.xml.element_edits import Edit, inserted, tag_edit
from excel_client.file_engine.xml.xml_spans import Element, read_tree, set_attribute, splice

__all__ = ["AdoptedFormats"]


class AdoptedFormats:
    """The formats of `source` as the styles `target` have them; `data` is the target's part as it reads by now."""

    def __init__(
        self, source: Styles, source_data: bytes, target: Styles, target_data: bytes
    ) -> None:
        self._source = source
        self._source_data = source_data
        self._target = target
        #: The target's part with the named styles and the formats of rules that were added.
        self.data = target_data
        self._root = read_tree(source_data, source.place)
        self._styles: dict[int, int] = {0: 0}
        self._named: dict[int, int] = {}
        self._rules: dict[int, int] = {}

    def judge(self, styles: set[int]) -> None:
        """Refuse what can't be taken over exactly, before anything is."""
        mine, theirs = self._palette(self._root), self._palette(self._target_root())
        prefixes = {
            self._root.prefix(self._source_data),
            self._target_root().prefix(self.data),
        }
        if mine != theirs or len(prefixes) > 1:
            raise OutsideFileEngine(self._source.place)
        for style in styles - {0}:
            self._source.judge_adoption(style)

    def _target_root(self) -> Element:
        return read_tree(self.data, self._target.place)

    @staticmethod
    def _palette(root: Element) -> list[str]:
        colors = root.find("colors")
        own = colors.find("indexedColors") if colors else None
        return [child.attributes.get("rgb", "") for child in own.children] if own else []

    def style(self, style: int) -> int:
        """Return the place of a cell format; the first one is each workbook's own Normal."""
        if style not in self._styles:
            self._styles[style] = self._target.adopted(self._source, style, self._named_style)
        return self._styles[style]

    def _named_style(self, place: int) -> int:
        """Return the place of a named style, which the target may define in its own way."""
        if place not in self._named:
            self._named[place] = self._found_or_added(place)
        return self._named[place]

    def _found_or_added(self, place: int) -> int:
        formats, names = self._root.find("cellStyleXfs"), self._root.find("cellStyles")
        named = [
            child
            for child in (names.children if names else ())
            if child.attributes.get("xfId") == str(place)
        ]
        if not named or formats is None or place >= len(formats.children):
            return 0
        root = self._target_root()
        for child in _children(root, "cellStyles"):
            if child.attributes.get("name") == named[0].attributes.get("name"):
                stated = child.attributes.get("xfId", "0")
                if not stated.isdecimal():
                    raise PackageDamaged(self._target.place)
                return int(stated)
        parents = root.find("cellStyleXfs"), root.find("cellStyles")
        if parents[0] is None or parents[1] is None:
            raise OutsideFileEngine(self._target.place)
        number = len(parents[0].children)
        element = formats.children[place]
        written = self._source_data[element.start : element.end]
        tag = self._source_data[element.start : element.open_end]
        places = self._target.adopted_places(self._source, element.attributes)
        for name, value in places.items():
            tag = set_attribute(tag, name, str(value))
        written = tag + written[element.open_end - element.start :]
        opening = self._source_data[named[0].start : named[0].open_end]
        style = set_attribute(opening, "xfId", str(number))
        style += self._source_data[named[0].open_end : named[0].end]
        edits = _appended(self.data, parents[0], written) + _appended(self.data, parents[1], style)
        self.data = splice(self.data, edits)
        return number

    def cell_style(self, name: str) -> None:
        """Let the target have a named style; one of the same name stays as it is there."""
        for child in _children(self._root, "cellStyles"):
            if (
                child.attributes.get("name") == name
                and child.attributes.get("xfId", "").isdecimal()
            ):
                self._named_style(int(child.attributes["xfId"]))

    def rule_format(self, place: int) -> int:
        """Return the place of a format that a rule or a table puts over the cells' own."""
        if place not in self._rules:
            standing = _children(self._root, "dxfs")
            if place >= len(standing):
                raise PackageDamaged(self._source.place)
            element = standing[place]
            written = self._source_data[element.start : element.end]
            self._rules[place] = self._kept_rule(written)
        return self._rules[place]

    def _kept_rule(self, written: bytes) -> int:
        root = self._target_root()
        formats = root.find("dxfs")
        if formats is None:
            prefix = root.prefix(self.data).decode()
            before = [c.end for c in root.children if c.name in _BEFORE_RULES]
            place = max(before, default=root.open_end)
            element = f'<{prefix}dxfs count="1">'.encode() + written + f"</{prefix}dxfs>".encode()
            self.data = splice(self.data, [(place, place, element)])
            return 0
        for number, child in enumerate(formats.children):
            if self.data[child.start : child.end] == written:
                return number
        number = len(formats.children)
        self.data = splice(self.data, _appended(self.data, formats, written))
        return number

    def table_style(self, name: str) -> None:
        """Let the target have a table style; one of the same name stays as it is there."""
        own = [c for c in _children(self._root, "tableStyles") if c.attributes.get("name") == name]
        root = self._target_root()
        has = any(c.attributes.get("name") == name for c in _children(root, "tableStyles"))
        if not own or has:
            return
        parent = root.find("tableStyles")
        if parent is None:
            raise OutsideFileEngine(self._target.place)
        element = own[0]
        edits: list[Edit] = []
        for child in element.children:
            stated = child.attributes.get("dxfId")
            if stated is not None and stated.isdecimal():
                place = self.rule_format(int(stated))
                edits.append(tag_edit(self._source_data, child, dxfId=str(place)))
        whole = splice(self._source_data, edits)
        # Nothing before the element was changed.
        grown = len(whole) - len(self._source_data)
        written = whole[element.start : element.end + grown]
        parent = self._target_root().find("tableStyles")
        assert parent is not None, "it was there before a format was added"
        self.data = splice(self.data, _appended(self.data, parent, written))


_BEFORE_RULES = {"numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles"}


def _children(root: Element, name: str) -> list[Element]:
    parent = root.find(name)
    return parent.children if parent is not None else []


def _appended(data: bytes, parent: Element, written: bytes) -> list[Edit]:
    """Return the edits that append a child to a list and count it."""
    start, end, new = inserted(data, parent, written)
    number = attribute_text(str(len(parent.children) + 1))
    if start == parent.start:
        opening = data[parent.start : parent.open_end]
        counted = set_attribute(opening, "count", number)[:-2].rstrip()
        return [(start, end, counted + new[len(opening[:-2].rstrip()) :])]
    return [tag_edit(data, parent, count=number), (start, end, new)]
