"""
What was typed into a workbook, sent to the server, and what became of it.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from excel_client.server_api import ServerApi
from excel_client.wire_format import EditResult, Profile
from excel_client.write_plan.cells import EDITABLE
from excel_client.write_plan.edits import find_edits
from excel_client.write_plan.found_edits import SheetFacts
from excel_client.write_plan.pushing import (
    Delivery,
    choose_outgoing,
    deliver,
    keep_all,
    requests_of,
)
from excel_client.writer.workbook import LedgerWorkbook, Progress

__all__ = ["may_write", "push_edits"]


def may_write(profile: Profile) -> bool:
    """Whether the key in use may change the ledger."""
    return "write" in profile.scopes


def push_edits(
    workbook: LedgerWorkbook, api: ServerApi, profile: Profile, progress: Progress
) -> Delivery:
    """
    Send what was typed, and return what became of it.

    Nothing is sent with a key that may only read, nor to a server in a new life, whose versions are others: there the
    ledger is read first, and what was typed goes with the next refresh.
    """
    facts = _facts(workbook)
    found = find_edits(facts)
    state = workbook.state
    if not may_write(profile) or not state.ledger or state.epoch != profile.epoch:
        return keep_all(facts.scan, found)
    outgoing = choose_outgoing(facts, found)
    results: list[EditResult] = []
    for request in requests_of(outgoing):
        progress("Sending changes", len(results), len(outgoing.edits))
        # Asked again of the same ledger it is the same question; once the ledger has moved on, it is another.
        named = (
            msgspec.json.encode(request),
            profile.epoch.encode(),
            str(profile.version).encode(),
        )
        key = blake2b(b"\x00".join(named), digest_size=16).hexdigest()
        results += api.push_edits(request, idempotency_key=key).results
    return deliver(facts.scan, found, outgoing, results)


def _facts(workbook: LedgerWorkbook) -> SheetFacts:
    scan = workbook.scan
    edited = {
        position: [EDITABLE[place][0] for place in places]
        for position, places in scan.edited.items()
    }
    formulas = workbook.read_formulas(edited)
    return SheetFacts(
        scan=scan,
        rows=workbook.read_rows(scan.to_read()),
        formulas=frozenset(
            (position, index) for position, texts in formulas.items() for index in texts
        ),
        removed=workbook.read_removed(),
        review=workbook.read_review(),
        seen_version=workbook.state.seen_version,
    )
