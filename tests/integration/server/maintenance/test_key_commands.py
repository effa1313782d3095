"""`pennyvault-server keys` and `audit`: what they print, how they end, and what they refuse."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.command_line import main
from server.maintenance.key_destruction import KeyDestruction
from server.maintenance.key_rotation import SETTLE_SECONDS, KeyRotation
from tests.databases import place_of
from tests.integration.server.maintenance.served_ledgers import (
    clients_of,
    key_room,
    key_states,
    key_versions_of_records,
    served,
    variables_in,
)

pytestmark = pytest.mark.usefixtures("each_database")

NO_SERVER = ("--settle-seconds", "0")


class CommandLine:
    """The command line in this process, on the data of a folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, list[str], str]:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else -1
        written = self._capsys.readouterr()
        return code, written.out.splitlines(), written.err


@pytest.fixture
def command(
    each_database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    async def fill() -> None:
        async with served(tmp_path) as http:
            for client in await clients_of(http, ledgers=2, each=1):
                await client.write(5)
                assert client.refused == []

    for name in [name for name in os.environ if name.startswith("PENNYVAULT")]:
        monkeypatch.delenv(name)
    asyncio.run(fill())
    for name, value in variables_in(tmp_path).items():
        monkeypatch.setenv(name, value)
    return CommandLine(capsys)


def tenants(folder: Path) -> list[str]:
    rows = place_of(folder / "pennyvault.db").query(
        "SELECT tenant_id FROM tenants ORDER BY tenant_id"
    )
    return [str(uuid.UUID(bytes=row[0])) for row in rows]


def test_status_lists_every_version_and_how_often_it_sealed(
    command: CommandLine, tmp_path: Path
) -> None:
    code, lines, errors = command("keys", "status")
    assert (code, errors) == (0, "")
    assert [line.split()[:4] for line in lines] == [
        [tenant, "version", "1", "active"] for tenant in tenants(tmp_path)
    ]
    assert all(int(line.split()[-1]) > 10 for line in lines)


def test_status_says_when_a_rotation_is_due(command: CommandLine, tmp_path: Path) -> None:
    place = place_of(tmp_path / "pennyvault.db")
    place.change("UPDATE key_seals SET seals = 1073741824")
    _, lines, _ = command("keys", "status")
    assert len([line for line in lines if "rotation due" in line]) == 2


def test_one_ledger_or_all_get_new_keys(command: CommandLine, tmp_path: Path) -> None:
    first, second = tenants(tmp_path)
    code, lines, errors = command("keys", "rotate", "--tenant", first, *NO_SERVER)
    assert (code, errors) == (0, "")
    assert lines[0].startswith("1 ledgers have new keys, ")
    assert key_states(tmp_path) == [(1, "active"), (1, "retired"), (2, "active")]
    _, lines, _ = command("keys", "status")
    assert [line.split()[0] for line in lines] == [first, first, second]
    assert command("keys", "rotate", "--all", *NO_SERVER)[0] == 0
    assert {max(versions) for versions in key_versions_of_records(tmp_path).values()} == {3}
    assert command("keys", "verify") == (0, ["2 ledgers opened, 0 broken rows"], "")
    assert command("audit", "verify")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys",),
        ("audit",),
        ("keys", "rotate"),
        ("keys", "rotate", "--all", "--tenant", str(uuid.UUID(int=1))),
        ("keys", "rotate", "--tenant", "canary"),
        ("keys", "rotate", "--tenant", str(uuid.UUID(int=1))),
        ("keys", "rotate", "--all", "--settle-seconds", "soon"),
        ("keys", "destroy", "--all"),
        ("keys", "rewrap", "--new-master-key-file", "elsewhere.key"),
    ],
)
def test_what_was_asked_for_wrongly_ends_with_64(
    command: CommandLine, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, lines, errors = command(*arguments)
    assert (code, lines) == (64, [])
    assert "pennyvault-server" in errors
    assert key_states(tmp_path) == [(1, "active")]


def test_a_broken_row_is_named_and_ends_with_65(command: CommandLine, tmp_path: Path) -> None:
    tenant = tenants(tmp_path)[0]
    place = place_of(tmp_path / "pennyvault.db")
    ((token, label),) = place.query(
        "SELECT token_id, label_sealed FROM tokens WHERE tenant_id = ?", uuid.UUID(tenant).bytes
    )
    changed = label[:-1] + bytes([label[-1] ^ 1])
    place.change("UPDATE tokens SET label_sealed = ? WHERE label_sealed = ?", changed, label)
    ((entry, amount),) = place.query(
        "SELECT entry_id, amount_sealed FROM entries WHERE tenant_id = ? ORDER BY entry_id LIMIT 1",
        uuid.UUID(tenant).bytes,
    )
    changed = amount[:-1] + bytes([amount[-1] ^ 1])
    place.change("UPDATE entries SET amount_sealed = ? WHERE amount_sealed = ?", changed, amount)
    code, lines, errors = command("keys", "verify")
    assert (code, errors) == (65, "")
    assert f"{tenant} tokens {uuid.UUID(bytes=token)} does_not_open" in lines
    assert any(line.startswith(f"{tenant} entries {uuid.UUID(bytes=entry)} ") for line in lines)
    assert lines[-1].startswith("2 ledgers opened, ")


def test_a_key_that_does_not_open_is_named_and_the_others_are_checked(
    command: CommandLine, tmp_path: Path
) -> None:
    tenant = tenants(tmp_path)[0]
    place_of(tmp_path / "pennyvault.db").change(
        "UPDATE tenant_keys SET wrapped_key = ? WHERE tenant_id = ?",
        bytes(61),
        uuid.UUID(tenant).bytes,
    )
    code, lines, _ = command("keys", "verify")
    assert code == 65
    assert lines == [f"{tenant} tenant_keys - SealBroken", "2 ledgers opened, 1 broken rows"]


def test_old_keys_are_destroyed_when_no_backup_needs_them(
    command: CommandLine, tmp_path: Path
) -> None:
    listed = tmp_path / "backups.json"
    destroy = ("keys", "destroy", "--all", "--retained-backups", str(listed), *NO_SERVER)
    assert command("keys", "rotate", "--all", *NO_SERVER)[0] == 0
    code, _, errors = command(*destroy)
    assert code == 64, "no list is no permission"
    assert "backups" in errors
    everlasting = {"started_at": "2020-01-01T00:00:00Z", "finished_at": "2999-01-01T00:00:00Z"}
    listed.write_text(json.dumps({"backups": [everlasting]}), encoding="utf-8")
    assert command(*destroy)[:2] == (0, ["0 old keys destroyed, 2 still needed by backups"])
    assert key_states(tmp_path) == [(1, "retired"), (2, "active")]
    listed.write_text('{"backups": []}', encoding="utf-8")
    assert command(*destroy)[:2] == (0, ["2 old keys destroyed, 0 still needed by backups"])
    assert command(*destroy)[:2] == (0, ["0 old keys destroyed, 0 still needed by backups"])
    assert key_states(tmp_path) == [(1, "destroyed"), (2, "active")]
    assert command("keys", "verify")[0] == 0

    async def still_served() -> None:
        async with served(tmp_path) as http:
            for client in await clients_of(http, ledgers=1, each=1):
                await client.write(5)
                await client.read()
                assert client.refused == []

    asyncio.run(still_served())


def test_a_key_is_destroyed_only_when_no_server_can_seal_with_it_any_more(
    command: CommandLine, tmp_path: Path
) -> None:
    class Waits(Exception):
        pass

    async def wait(seconds: float) -> None:
        assert 50 < seconds <= SETTLE_SECONDS
        raise Waits

    async def destroy_at_once() -> None:
        async with key_room(tmp_path) as room:
            await KeyDestruction(replace(room.tools, sleep=wait)).run([])

    assert command("keys", "rotate", "--all", *NO_SERVER)[0] == 0
    with pytest.raises(Waits):
        asyncio.run(destroy_at_once())
    assert key_states(tmp_path) == [(1, "retired"), (2, "active")]


def test_a_new_master_key_takes_the_place_of_the_old_one(
    command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file = tmp_path / "master.key.next"
    rewrap = ("keys", "rewrap", "--new-master-key-file", str(new_file))
    code, lines, errors = command(*rewrap)
    assert (code, errors) == (0, "")
    assert lines[0].startswith("2 keys of 2 ledgers wrapped with ")
    if os.name == "posix":
        assert stat.S_IMODE(new_file.stat().st_mode) == 0o600
    assert command(*rewrap)[1][0].startswith("0 keys of 0 ledgers")
    assert command("keys", "verify")[0] == 0, "a server with the old settings finds the new key"
    monkeypatch.setenv("PENNYVAULT_MASTER_KEY_FILE", str(new_file))
    assert command("keys", "verify")[0] == 0
    (tmp_path / "master.key").unlink()
    assert command("keys", "verify")[0] == 0
    assert not (tmp_path / "master.key").exists()
    assert command("keys", "rewrap")[1][0].startswith("0 keys of 0 ledgers")


def test_the_trail_tells_what_was_done_and_what_was_done_to_it(
    command: CommandLine, tmp_path: Path
) -> None:
    assert command("keys", "rotate", "--all", *NO_SERVER)[0] == 0
    place = place_of(tmp_path / "pennyvault.db")
    rows = place.query("SELECT event, count(*) FROM audit_events GROUP BY event")
    told = dict(rows)
    used = told.pop("key_used")
    assert used >= 4
    assert told == {
        "migration_applied": 3,
        "ledger_made": 2,
        "key_created": 4,
        "token_made": 2,
        "account_opened": told["account_opened"],
        "batch_imported": 2,
        "batch_typed": 2,
        "key_rotation_started": 2,
        "key_activated": 2,
        "key_rotated": 2,
    }
    assert told["account_opened"] > 2
    code, lines, _ = command("audit", "verify")
    assert (code, lines) == (0, [f"{used + sum(told.values())} events, the trail is whole"])
    if place.url.startswith("sqlite"):
        place.change("DROP TRIGGER audit_events_never_change")
    place.change("UPDATE audit_events SET event = 'key_used' WHERE sequence = 4")
    code, lines, errors = command("audit", "verify")
    assert (code, errors) == (65, "")
    assert lines == ["event 4: edited; the trail is whole up to event 3"]


def test_a_trail_whose_end_is_gone_is_seen_by_the_file_beside_the_database(
    command: CommandLine, tmp_path: Path
) -> None:
    place = place_of(tmp_path / "pennyvault.db")
    if place.url.startswith("sqlite"):
        place.change("DROP TRIGGER audit_events_never_go")
    place.change("DELETE FROM audit_events WHERE sequence > 5")
    place.change(
        "UPDATE audit_head SET sequence = 5,"
        " hash = (SELECT hash FROM audit_events WHERE sequence = 5)"
    )
    assert command("audit", "verify")[:2] == (
        65,
        ["event 6: truncated; the trail is whole up to event 5"],
    )
    (tmp_path / "audit-head").unlink()
    assert command("audit", "verify")[0] == 0, "without the file nobody can tell"
    (tmp_path / "audit-head").write_text("canary")
    code, _, errors = command("audit", "verify")
    assert code == 77
    assert "canary" not in errors


def test_a_run_that_goes_on_leaves_alone_what_it_had_finished(
    command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = KeyRotation._finish
    finished: list[object] = []

    async def dies_at_the_second(self: KeyRotation, under: Any) -> None:
        if finished:
            raise MemoryError
        await finish(self, under)
        finished.append(under)

    with monkeypatch.context() as patched:
        patched.setattr(KeyRotation, "_finish", dies_at_the_second)
        with pytest.raises(MemoryError):
            command("keys", "rotate", "--all", *NO_SERVER)
    assert {state for _, state in key_states(tmp_path)} == {"active", "retired"}

    code, _, errors = command("keys", "rotate", "--all", *NO_SERVER)

    assert (code, errors) == (0, "")
    assert set(key_versions_of_records(tmp_path).values()) == {frozenset({2})}
    assert sorted(key_states(tmp_path)) == [(1, "retired"), (2, "active")]
