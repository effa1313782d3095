"""Lists of areas, as rules of a sheet state them ("A1:B2 D4"): read, cut, joined and written. Knows no sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from excel_client.file_engine.formulas.references import Area
from excel_client.file_engine.problems import OutsideSheet, PackageDamaged

__all__ = ["area_list_text", "areas_in", "cover", "without_area"]


def areas_in(text: str, place: str) -> list[Area]:
    """Return the areas of a list; PackageDamaged where something in it is none."""
    try:
        return [Area.parse(part) for part in text.split()]
    except (ValueError, OutsideSheet) as error:
        raise PackageDamaged(place) from error


def area_list_text(areas: Iterable[Area]) -> str:
    """Return areas as a list is written."""
    return " ".join(area.text() for area in areas)


def without_area(areas: Iterable[Area], gone: Area) -> list[Area]:
    """Return areas without the cells of another one: what is left above, left, right and below of it."""
    rest: list[Area] = []
    for area in areas:
        if not area.meets(gone):
            rest.append(area)
            continue
        top, bottom = max(area.top, gone.top), min(area.bottom, gone.bottom)
        pieces = (
            (area.top, area.left, gone.top - 1, area.right),
            (top, area.left, bottom, gone.left - 1),
            (top, gone.right + 1, bottom, area.right),
            (gone.bottom + 1, area.left, area.bottom, area.right),
        )
        rest += [Area(*p) for p in pieces if p[0] <= p[2] and p[1] <= p[3]]
    return rest


def cover(areas: Sequence[Area], wanted: Area) -> bool:
    """Whether every cell of an area is in one of the list."""
    rest = [wanted]
    for area in areas:
        rest = without_area(rest, area)
    return not rest
