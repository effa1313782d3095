"""The epoch's file: made once, private, kept outside the database."""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path

import pytest

from server.database.epoch import open_epoch
from server.database.problems import EpochNotReadable
from server.shared_types.clock import new_id


def test_an_epoch_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "epoch"
    epoch = open_epoch(path, new_id)
    assert str(uuid.UUID(epoch)) == epoch
    assert open_epoch(path, new_id) == epoch
    assert [each.name for each in path.parent.iterdir()] == ["epoch"], "no draft is left"


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_the_file_is_private(tmp_path: Path) -> None:
    open_epoch(tmp_path / "epoch", new_id)
    assert stat.S_IMODE((tmp_path / "epoch").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"\n", b"not an epoch", b"\xff\xfe", b"1" * 100])
def test_a_damaged_epoch_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "epoch"
    path.write_bytes(content)
    with pytest.raises(EpochNotReadable):
        open_epoch(path, new_id)
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EpochNotReadable):
        open_epoch(tmp_path, new_id)
