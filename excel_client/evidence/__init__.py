"""
The evidence of a closed month as files: a workbook and a PDF per account, the same bytes from the same answer.

Nothing is asked, decided or written to disk here; the two libraries that make the files load with this package only.
"""

from __future__ import annotations

from excel_client.evidence.documents import Document
from excel_client.evidence.evidence_book import evidence_book
from excel_client.evidence.evidence_page import evidence_page
from excel_client.evidence.file_names import LATE_ARRIVALS, file_stems
from excel_client.evidence.late_layout import NamedAccount, lay_out_late
from excel_client.evidence.layout import lay_out_account

__all__ = [
    "LATE_ARRIVALS",
    "Document",
    "NamedAccount",
    "evidence_book",
    "evidence_page",
    "file_stems",
    "lay_out_account",
    "lay_out_late",
]
