"""One table as the engine holds it: the bytes of its part, and what they say. Knows no cells."""

from __future__ import annotations

from excel_client.file_engine.tables.table_part import read_table

__all__ = ["TableModel"]


class TableModel:
    """A table of a sheet."""

    def __init__(self, name: str, data: bytes) -> None:
        #: The name of its part.
        self.name = name
        self.data = data
        self.part = read_table(data, name)

    def put(self, data: bytes) -> None:
        """Let the part read differently."""
        self.part = read_table(data, self.name)
        self.data = data
