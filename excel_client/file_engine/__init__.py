"""
An xlwings engine that edits .xlsx and .xlsm files in place, without Excel.

    engine = register()
    app = engine.apps.add(add_book=False)
    book = app.books.open(path)
    book.sheets["Ledger"].tables["Ledger"].data_body_range.value = rows
    book.save()

Parts of a workbook that were not written stay as they are, byte for byte; a save replaces the file as a whole or not at
all. Text is never a formula unless it is written through `.formula`. What needs Excel raises NeedsExcel.
"""

from __future__ import annotations

import xlwings

from excel_client.file_engine.interface.engine import NAME, EngineImpl, default_store
from excel_client.file_engine.storage.saving import BackupPolicy, FileStore

__all__ = ["NAME", "BackupPolicy", "FileStore", "register"]


def register(activate: bool = False, *, store: FileStore | None = None) -> xlwings.Engine:  # noqa: FBT001, FBT002 - a door that stays put
    """
    Add the engine to xlwings, once, and return it; make it the active one where wanted.

    `store` says how its books are saved from now on; by default five backups are kept beside each.
    """
    engine = xlwings.engines.engines_by_name.get(NAME)
    if engine is None:
        engine = xlwings.Engine(impl=EngineImpl(store or default_store()))
        xlwings.engines.add(engine)
    elif store is not None:
        engine.impl.store = store
    if activate:
        engine.activate()
    return engine
