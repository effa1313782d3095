"""The routes of statement files: what an import would do, and the import itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from http import HTTPStatus

from server.exact_amounts.entries.statement import ReadingProblem, StatementFile
from server.exact_amounts.ledger.plans import BatchSource
from server.exact_amounts.ledger.ports import Ledger, LedgerWrites
from server.exact_amounts.ledger.routes import once_only
from server.exact_amounts.statements.import_decision import decide_import
from server.exact_amounts.statements.import_plan import ImportPlan, RowVerdict, Verdict
from server.exact_amounts.statements.wire import (
    ImportAnswer,
    ImportedAccountAnswer,
    ImportQuery,
    PreviewAnswer,
    PreviewedAccountAnswer,
    ReadingProblemAnswer,
    RowAnswer,
)
from server.web.endpoints import Call, Endpoint, Endpoints, RawBody, Reply, RouteName

__all__ = ["endpoints"]


def _row_answers(rows: Iterable[RowVerdict]) -> list[RowAnswer]:
    return [
        RowAnswer(
            line=row.line, verdict=row.verdict.value, because=row.because.value, entry=row.entry_id
        )
        for row in rows
    ]


def _problem_answers(problems: Iterable[ReadingProblem]) -> list[ReadingProblemAnswer]:
    return [ReadingProblemAnswer(line=each.line, what=each.what) for each in problems]


def _preview(file: StatementFile, plan: ImportPlan, *, file_seen_before: bool) -> PreviewAnswer:
    return PreviewAnswer(
        format=file.format,
        accounts=[
            PreviewedAccountAnswer(
                number_tail=each.account.number_tail,
                name=each.account.name,
                currency=each.account.currency,
                known=each.is_known,
                new=each.count(Verdict.NEW),
                same=each.count(Verdict.SAME),
                conflicts=each.count(Verdict.CONFLICTS),
                closing_on=each.closing_on,
            )
            for each in plan.accounts
        ],
        rows=_row_answers(plan.rows()),
        problems=_problem_answers(plan.problems),
        file_seen_before=file_seen_before,
    )


async def _carry_out(writing: LedgerWrites, plan: ImportPlan, source: BatchSource) -> ImportAnswer:
    seen_before = await writing.source_was_seen(source.sha256)
    batch = plan.batch(source, seen_before=seen_before)
    applied = None if batch.is_empty else await writing.apply(batch)
    conflicts = [row for row in plan.rows() if row.verdict is Verdict.CONFLICTS]
    return ImportAnswer(
        batch=applied.batch_id if applied else None,
        version=applied.version if applied else await writing.version(),
        added=plan.count(Verdict.NEW),
        same=plan.count(Verdict.SAME),
        conflicts=len(conflicts),
        anchors=len(batch.anchors),
        accounts=[
            ImportedAccountAnswer(
                id=each.account.account_id,
                name=each.account.name,
                added=each.count(Verdict.NEW),
                same=each.count(Verdict.SAME),
                conflicts=each.count(Verdict.CONFLICTS),
            )
            for each in plan.accounts
        ],
        rows=_row_answers(conflicts),
        problems=_problem_answers(plan.problems),
    )


def endpoints(ledger: Ledger, read: Callable[[bytes], StatementFile]) -> Endpoints:
    """Return the endpoints of statement files; `read` is the reader, which refuses what it can't read."""

    async def preview_import(call: Call) -> Reply:
        query: ImportQuery = call.query
        body: RawBody = call.body
        file = await asyncio.to_thread(read, body.content)
        sha256 = hashlib.sha256(body.content).digest()
        async with ledger.reading(call.caller().tenant_id) as reading:
            plan = await decide_import(
                reading, file, query.file_name, query.currency or None, ledger.new_id
            )
            file_seen_before = await reading.source_was_seen(sha256)
        return Reply(body=_preview(file, plan, file_seen_before=file_seen_before))

    async def import_statement(call: Call) -> Reply:
        query: ImportQuery = call.query
        body: RawBody = call.body
        file = await asyncio.to_thread(read, body.content)
        source = BatchSource(
            file_name=query.file_name, sha256=hashlib.sha256(body.content).digest()
        )

        async def act(writing: LedgerWrites) -> ImportAnswer:
            plan = await decide_import(
                writing, file, query.file_name, query.currency or None, ledger.new_id
            )
            return await _carry_out(writing, plan, source)

        once = once_only(call, "import", source.file_name, query.currency or "", source.sha256)
        return Reply(body=await ledger.write_once(once, act), status=HTTPStatus.CREATED)

    return (
        Endpoint(
            name=RouteName.PREVIEW_IMPORT,
            handle=preview_import,
            body=RawBody,
            query=ImportQuery,
            answer=PreviewAnswer,
        ),
        Endpoint(
            name=RouteName.IMPORT_STATEMENT,
            handle=import_statement,
            body=RawBody,
            query=ImportQuery,
            answer=ImportAnswer,
        ),
    )
