"""A key version is destroyed only when no kept backup needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.maintenance.problems import BackupsNotListed
from server.maintenance.retained_backups import (
    RetainedBackup,
    may_destroy,
    read_retained_backups,
)
from server.sealing.key_states import KeyState
from server.sealing.key_versions import KeyVersion

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


RETIRED = KeyVersion(
    version=1,
    state=KeyState.RETIRED,
    master_key_id="0" * 16,
    created_at=day(10),
    activated_at=day(11),
    retired_at=day(20),
)


def backup(first: int, last: int) -> RetainedBackup:
    return RetainedBackup(started_at=day(first), finished_at=day(last))


def test_without_any_backup_a_retired_version_may_go() -> None:
    assert may_destroy(RETIRED, [])


@pytest.mark.parametrize("state", [KeyState.ANNOUNCED, KeyState.ACTIVE, KeyState.DESTROYED])
def test_no_other_version_may_go(state: KeyState) -> None:
    assert not may_destroy(replace(RETIRED, state=state), [])
    assert not may_destroy(replace(RETIRED, state=state, retired_at=None), [])


@given(first=st.integers(0, 30), length=st.integers(0, 30))
def test_a_backup_needs_the_version_if_it_was_made_in_its_time(first: int, length: int) -> None:
    last = first + length
    needed = last >= 10 and first <= 20
    assert may_destroy(RETIRED, [backup(first, last)]) == (not needed)
    assert may_destroy(RETIRED, [backup(0, 9), backup(first, last)]) == (not needed)


def written(folder: Path, text: str) -> Path:
    path = folder / "backups.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_is_read(tmp_path: Path) -> None:
    text = (
        '{"backups": [{"started_at": "2026-01-02T00:00:00Z",'
        ' "finished_at": "2026-01-03T02:00:00+02:00", "name": "nightly"}]}'
    )
    assert read_retained_backups(written(tmp_path, text)) == [backup(1, 2)]
    assert read_retained_backups(written(tmp_path, '{"backups": []}')) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"backups": null}',
        '{"backups": [], "more": 1}',
        '{"backups": [{"started_at": "2026-01-02T00:00:00Z"}]}',
        '{"backups": [{"started_at": "2026-01-02T00:00:00", "finished_at": "2026-01-03T00:00:00"}]}',
        '{"backups": [{"started_at": "2026-01-03T00:00:00Z", "finished_at": "2026-01-02T00:00:00Z"}]}',
    ],
)
def test_a_list_that_can_t_be_read_is_no_list_of_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(BackupsNotListed):
        read_retained_backups(written(tmp_path, text))


def test_a_missing_list_is_no_list_of_none(tmp_path: Path) -> None:
    with pytest.raises(BackupsNotListed):
        read_retained_backups(tmp_path / "backups.json")
