"""`pennyvault import` and `pennyvault undo`: a batch comes in, a batch is taken back; each asks before it acts."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import msgspec

from excel_client.command_line.connection import connect
from excel_client.command_line.printing import Column, ProgressLine, printable, text_table
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import DataRefused, ExitCode, NotFound
from excel_client.server_api import (
    ServerApi,
    StatementUpload,
    new_idempotency_key,
    read_statement,
)
from excel_client.wire_format import (
    BatchSummary,
    ImportedStatement,
    PreviewedStatement,
    StatementLine,
    StatementProblem,
)

__all__ = ["import_statements", "undo"]


def import_statements(flags: Namespace, around: Surroundings) -> ExitCode:
    """Import files one by one, each as a batch; a file that is refused does not keep the others out."""
    code = ExitCode.DONE
    results: list[dict[str, object]] = []
    with connect(flags, around) as api:
        for name in flags.files:
            path = Path(name)
            try:
                upload = read_statement(path, currency=flags.currency)
                imported = _import_one(upload, api, flags, around)
            except DataRefused as refusal:
                refusal.place = {"file": path.name, **refusal.place}
                around.tell(f"pennyvault: {printable(refusal.line_for_people())}")
                results.append({"file": path.name, "refused": refusal.line_for_people()})
                code = refusal.exit_code
                continue
            if imported is not None:
                results.append({"file": path.name, **msgspec.to_builtins(imported)})
                if not flags.json:
                    _show_imported(path.name, imported, around)
    if flags.json:
        around.say(msgspec.json.encode(results).decode())
    return code


def _import_one(
    upload: StatementUpload, api: ServerApi, flags: Namespace, around: Surroundings
) -> ImportedStatement | None:
    if not flags.yes:
        with ProgressLine(around.stderr, f"Looking at {upload.file_name}"):
            preview = api.preview(upload)
        _show_preview(upload.file_name, preview, around)
        if not around.agrees(f"Import {printable(upload.file_name)}?"):
            return None
    with ProgressLine(around.stderr, f"Importing {upload.file_name}"):
        return api.import_statement(upload, idempotency_key=new_idempotency_key())


def _show_preview(file_name: str, preview: PreviewedStatement, around: Surroundings) -> None:
    seen = " (this very file was imported before)" if preview.file_seen_before else ""
    around.tell(f"{printable(file_name)}: {printable(preview.format)}{seen}")
    columns = (
        Column(heading="Account"),
        Column(heading="Currency"),
        Column(heading="Is"),
        Column(heading="New", right=True),
        Column(heading="Same", right=True),
        Column(heading="Conflicts", right=True),
    )
    rows = [
        (
            account.name,
            account.currency,
            "known" if account.known else "new",
            str(account.new),
            str(account.same),
            str(account.conflicts),
        )
        for account in preview.accounts
    ]
    around.tell(text_table(columns, rows))
    _tell_lines(preview.rows, preview.problems, around)


def _tell_lines(
    rows: tuple[StatementLine, ...], problems: tuple[StatementProblem, ...], around: Surroundings
) -> None:
    for row in rows:
        if row.verdict == "conflicts":
            around.tell(f"  line {row.line} conflicts: {printable(row.because)}")
    for problem in problems:
        around.tell(f"  line {problem.line} was left out: {printable(problem.what)}")


def _show_imported(file_name: str, imported: ImportedStatement, around: Surroundings) -> None:
    _tell_lines(imported.rows, imported.problems, around)
    around.say(
        f"{printable(file_name)}: {imported.added} added, {imported.same} there already, "
        f"{imported.conflicts} in conflict"
    )


def undo(flags: Namespace, around: Surroundings) -> ExitCode:
    """Take back the batch that is named, or the latest that still stands."""
    if flags.list:
        return _list_batches(flags, around)
    with connect(flags, around) as api:
        batch = _chosen_batch(flags.batch, api)
        if not flags.yes and not around.agrees(f"Take back {_in_words(batch)}?"):
            return ExitCode.DONE
        with ProgressLine(around.stderr, "Taking back"):
            undone = api.undo(batch.id, idempotency_key=new_idempotency_key())
    if flags.json:
        around.say(msgspec.json.encode(undone).decode())
    else:
        kept = f", {undone.kept} later changes kept" if undone.kept else ""
        around.say(f"Took back {_in_words(batch)}: {undone.removed} entries removed{kept}.")
    return ExitCode.DONE


def _list_batches(flags: Namespace, around: Surroundings) -> ExitCode:
    with connect(flags, around) as api, ProgressLine(around.stderr, "Asking the server"):
        batches = api.batches()
    if flags.json:
        around.say(msgspec.json.encode(batches).decode())
        return ExitCode.DONE
    columns = (
        Column(heading="Batch"),
        Column(heading="At"),
        Column(heading="What"),
        Column(heading="Entries", right=True),
        Column(heading="File"),
        Column(heading="By"),
        Column(heading="Taken back at"),
    )
    rows = [
        (
            batch.id,
            batch.created_at,
            _what(batch),
            str(batch.added),
            batch.file_name or "",
            batch.by,
            batch.undone_at or "",
        )
        for batch in batches.batches
    ]
    around.say(text_table(columns, rows) if rows else "Nothing was brought in yet.")
    return ExitCode.DONE


def _chosen_batch(named: str | None, api: ServerApi) -> BatchSummary:
    for batch in api.batches().batches:
        if batch.id == named or (named is None and batch.undone_at is None):
            return batch
    raise NotFound(what="batch")


def _what(batch: BatchSummary) -> str:
    """What a batch is, in a word or two."""
    match batch.purpose:
        case None:
            return batch.kind
        case "edit":
            return "edits"
        case "balance":
            return "typed balance"
        case other:
            return other


def _in_words(batch: BatchSummary) -> str:
    source = f" of {printable(batch.file_name)}" if batch.file_name else ""
    entries = "" if batch.purpose in {"edit", "balance"} else f" with {batch.added} entries"
    writer = f" by {printable(batch.by)}" if batch.by else ""
    return f"the {printable(_what(batch))}{source}{entries}{writer}, {batch.created_at}"
