"""A statement file on its way to the server: its size is looked at before it is read."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from excel_client.problems import FileNotReadable, FileTooLarge
from excel_client.wire_format import STATEMENT_BYTES_MAX

__all__ = ["StatementUpload", "read_statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementUpload:
    """A statement file on its way to the server."""

    #: The last part of the path only.
    file_name: str
    content: bytes = field(repr=False)
    #: For a file that names none; "" otherwise.
    currency: str = ""

    def query(self) -> dict[str, str]:
        """The upload's query parameters."""
        named = {"file_name": self.file_name}
        return {**named, "currency": self.currency} if self.currency else named


def read_statement(path: Path, *, currency: str = "") -> StatementUpload:
    """Read a file to upload; raise FileNotReadable, or FileTooLarge before more than the limit is read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileNotReadable(file=path.name)
        with path.open("rb") as file:
            content = file.read(STATEMENT_BYTES_MAX + 1)
    except (OSError, ValueError):
        raise FileNotReadable(file=path.name) from None
    if len(content) > STATEMENT_BYTES_MAX:
        raise FileTooLarge(file=path.name)
    return StatementUpload(file_name=path.name, content=content, currency=currency)
