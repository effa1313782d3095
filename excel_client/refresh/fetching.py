"""What the server says to a workbook: what is new to it or the whole ledger, and what Review shows beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from excel_client.problems import AnswerNotReadable, EpochIsOver
from excel_client.refresh.sending import may_write
from excel_client.server_api import FeedPosition, ServerApi
from excel_client.wire_format import Changes, LedgerEntry, Profile, share_texts
from excel_client.write_plan.ledger_plan import LedgerChanges, accounts_renamed, has_seen_all
from excel_client.write_plan.pushing import Delivery
from excel_client.write_plan.review_plan import Findings
from excel_client.writer.workbook import LedgerWorkbook, Progress
from workbooks.sheet_map import TEMPLATE_VERSION

__all__ = ["ask_findings", "pull_changes", "pull_news"]

_DIFFERS: Final = "differs"


def pull_news(
    workbook: LedgerWorkbook,
    api: ServerApi,
    profile: Profile,
    delivery: Delivery,
    progress: Progress,
) -> LedgerChanges:
    """Return what the server says to this workbook: what is new to it, or everything where that is not enough."""
    state, scan = workbook.state, workbook.scan
    is_intact = (
        state.seal is not None
        and state.seal == scan.keys.seal()
        and state.template_version == TEMPLATE_VERSION
        and not scan.doubled
    )
    if state.ledger and state.cursor and state.epoch == profile.epoch and is_intact:
        after = FeedPosition(epoch=state.epoch, cursor=state.cursor)
        changes = _pull_after(after, api, profile, progress)
        if (
            changes is not None
            and has_seen_all(changes, delivery)
            and not accounts_renamed(workbook.read_accounts(), changes.accounts)
        ):
            return changes
    return pull_changes(api, None, profile, progress)


def _pull_after(
    after: FeedPosition, api: ServerApi, profile: Profile, progress: Progress
) -> LedgerChanges | None:
    """Return what changed after a position; None for one of an older life of the server, or that nobody gave."""
    try:
        return pull_changes(api, after, profile, progress)
    except EpochIsOver:
        return None


def pull_changes(
    api: ServerApi, after: FeedPosition | None, profile: Profile, progress: Progress
) -> LedgerChanges:
    """Return all pages of what changed after a position, or of the whole ledger."""
    entries: list[LedgerEntry] = []
    texts: dict[str, str] = {}
    last: Changes | None = None
    for page in api.changes(after, Changes):
        if page.ledger != profile.ledger or (last is not None and page.epoch != last.epoch):
            raise AnswerNotReadable
        share_texts(page.entries, texts)
        entries += page.entries
        last = page
        progress("Fetching entries", len(entries), 0)
    if last is None:
        raise AnswerNotReadable
    return LedgerChanges(
        ledger=last.ledger,
        epoch=last.epoch,
        version=last.version,
        cursor=last.cursor or (after.cursor if after else ""),
        is_whole=after is None,
        accounts=last.accounts,
        entries=entries,
    )


def ask_findings(
    api: ServerApi,
    workbook: LedgerWorkbook,
    changes: LedgerChanges,
    delivery: Delivery,
    profile: Profile,
) -> Findings:
    """Return what Review says of accounts and closed months; nothing is asked where nothing can have changed."""
    writes = may_write(profile)
    pending = 0 if writes else delivery.waiting
    seen = workbook.state.seen_version
    if not (changes.entries or changes.is_whole or changes.version != seen):
        return Findings(may_write=writes, pending_here=pending)
    explanations = [
        api.explanation(account.id) for account in changes.accounts if account.proof == _DIFFERS
    ]
    months: Sequence[str] = ()
    if any(account.closed_through for account in changes.accounts):
        months = [
            closing.month for closing in api.closings().closings if closing.reopened_at is None
        ]
    return Findings(
        explanations=explanations,
        months=[api.closed_month(month) for month in months],
        may_write=writes,
        pending_here=pending,
    )
