"""A nonce never comes twice, although processes are forked from one that has the keys in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

#: Seals before the fork, then in every child and in the parent, and prints the nonces of all.
PROGRAM = """
import os, sys, uuid
from server.sealing.contexts import Context
from server.sealing.keys import TenantKeys
from server.sealing.texts import TextPlace, TextSealer

children, seals = map(int, sys.argv[1:])
tenant = uuid.UUID(int=1)
keys = TenantKeys(tenant_id=tenant, data_keys={1: bytes(32)})
sealer = TextSealer(keys)
place = TextPlace(tenant_id=tenant, row_id=tenant, row_version=1)

def nonces():
    return [sealer.seal(b"", Context.ENTRY_TEXT, place)[5:17].hex() for _ in range(seals)]

found = nonces()
pipes = []
for _ in range(children):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            out.write("\\n".join(nonces()))
        os._exit(0)
    os.close(writing)
    pipes.append(reading)
found += nonces()
for reading in pipes:
    with os.fdopen(reading) as pipe:
        found += pipe.read().split()
while children:
    os.wait()
    children -= 1
print(len(found), len(set(found)))
"""


def count(children: int, seals: int) -> list[int]:
    command = [sys.executable, "-c", PROGRAM, str(children), str(seals)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
def test_forked_processes_share_no_nonce() -> None:
    assert count(8, 500) == [5000, 5000]


@pytest.mark.deep
@pytest.mark.skipif(sys.platform == "win32", reason="this system does not fork")
def test_many_forked_processes_share_no_nonce() -> None:
    assert count(64, 20_000) == [66 * 20_000] * 2
