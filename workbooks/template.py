"""
The template as it ships: a file beside this module, built by `workbooks.template_builder` before release.

Reads with the standard library alone; it never builds.
"""

from __future__ import annotations

from importlib import resources

__all__ = ["TEMPLATE_FILE_NAME", "template_bytes"]

TEMPLATE_FILE_NAME = "ledger_template.xlsx"


def template_bytes() -> bytes:
    """Return the bytes of an empty ledger workbook."""
    return resources.files("workbooks").joinpath(TEMPLATE_FILE_NAME).read_bytes()
