"""Reading statement files, against the fastest library that reads nearly as many real samples."""

from __future__ import annotations

from collections.abc import Sequence

from environment import peers_python

from benchmarks.measuring import Better, Figure, compare, seconds_of
from benchmarks.processes import number_told_by
from benchmarks.stage import Stage
from server.exact_amounts.statements.reading import read_statement
from tests.fixtures.statements.make_statement import MadeAccount, many_transactions, ofx_statement

__all__ = ["ofx_reading"]

#: Run by the interpreter that has the peer: parse once to warm up, then once with the clock running.
_PEER_PROGRAM = """
import sys, time
from bankstatementparser import OfxParser
def read():
    rows = len(OfxParser(sys.argv[1]).parse())
    assert rows == int(sys.argv[2]), rows
read()
started = time.perf_counter()
read()
print(time.perf_counter() - started)
"""
_TRANSACTIONS = 10_000


def ofx_reading(stage: Stage) -> Sequence[Figure]:
    """10,000 OFX transactions; bankstatementparser reads 135 of 143 real files, ofxparse 119."""
    account = MadeAccount(account_id="12345678", transactions=many_transactions(_TRANSACTIONS))
    content = ofx_statement([account])

    def read() -> None:
        file = read_statement(content)
        assert len(file.accounts[0].statements[0].transactions) == _TRANSACTIONS

    read()
    path = stage.folder("ofx-reading") / "statement.ofx"
    path.write_bytes(content)
    command = [str(peers_python()), "-c", _PEER_PROGRAM, str(path), str(_TRANSACTIONS)]
    ours, peer = compare(lambda: seconds_of(read), lambda: number_told_by(command), runs=5)
    return (
        Figure(
            name="ofx-reading",
            ours=ours,
            peer=peer,
            unit="s",
            peer_name="bankstatementparser 0.0.29",
            better=Better.FASTER,
            target=2,
        ),
    )
