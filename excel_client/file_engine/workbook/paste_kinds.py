"""What of copied cells can be pasted, by xlwings' words for it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Operation", "PasteKind"]


class PasteKind(StrEnum):
    """What is pasted."""

    ALL = "all"
    ALL_EXCEPT_BORDERS = "all_except_borders"
    ALL_MERGING = "all_merging_conditional_formats"
    ALL_WITH_THEME = "all_using_source_theme"
    COLUMN_WIDTHS = "column_widths"
    COMMENTS = "comments"
    FORMATS = "formats"
    FORMULAS = "formulas"
    FORMULAS_AND_NUMBER_FORMATS = "formulas_and_number_formats"
    VALIDATION = "validation"
    VALUES = "values"
    VALUES_AND_NUMBER_FORMATS = "values_and_number_formats"

    @property
    def takes_all(self) -> bool:
        """Whether rules, links and merged cells come along as well."""
        return self in {
            PasteKind.ALL,
            PasteKind.ALL_EXCEPT_BORDERS,
            PasteKind.ALL_MERGING,
            PasteKind.ALL_WITH_THEME,
        }

    @property
    def takes_formats(self) -> bool:
        """Whether the cells' whole formats are pasted."""
        return self.takes_all or self is PasteKind.FORMATS

    @property
    def takes_number_formats(self) -> bool:
        """Whether number formats are pasted, without the rest."""
        return self in {
            PasteKind.FORMULAS_AND_NUMBER_FORMATS,
            PasteKind.VALUES_AND_NUMBER_FORMATS,
        }

    @property
    def takes_formulas(self) -> bool:
        """Whether formulas are pasted as formulas."""
        return self.takes_all or self in {
            PasteKind.FORMULAS,
            PasteKind.FORMULAS_AND_NUMBER_FORMATS,
        }

    @property
    def takes_contents(self) -> bool:
        """Whether what the cells hold is pasted."""
        return self.takes_formulas or self in {
            PasteKind.VALUES,
            PasteKind.VALUES_AND_NUMBER_FORMATS,
        }

    @property
    def touches_cells(self) -> bool:
        """Whether cells themselves change."""
        return self.takes_contents or self.takes_formats


class Operation(StrEnum):
    """What is done with the number in a cell and the number pasted onto it."""

    ADD = "add"
    SUBTRACT = "subtract"
    MULTIPLY = "multiply"
    DIVIDE = "divide"
