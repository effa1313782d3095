"""The master key's file: made once, private, refused when it is not."""

from __future__ import annotations

import base64
import os
import stat
import threading
from pathlib import Path

import pytest

from server.sealing.master_key_file import open_master_key_file
from server.sealing.problems import MasterKeyExposed, MasterKeyMalformed, MasterKeyNotReadable

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = open_master_key_file(path).current().master_key_id
    assert open_master_key_file(path).current().master_key_id == made
    assert [each.name for each in path.parent.iterdir()] == ["master.key"], "no draft is left"
    assert len(base64.b64decode(path.read_bytes())) == 32


def test_every_installation_has_another(tmp_path: Path) -> None:
    ids = {
        open_master_key_file(tmp_path / str(number)).current().master_key_id for number in range(10)
    }
    assert len(ids) == 10


@posix_only
def test_the_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_master_key_file(tmp_path / "keys" / "master.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys" / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o666])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    open_master_key_file(path)
    path.chmod(mode)
    with pytest.raises(MasterKeyExposed):
        open_master_key_file(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", bytes(32), base64.b64encode(bytes(16)), base64.b64encode(bytes(64)), b"\xff" * 44],
)
def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = private(tmp_path / "master.key", content)
    with pytest.raises(MasterKeyMalformed) as caught:
        open_master_key_file(path)
    assert path.read_bytes() == content
    assert str(caught.value) == MasterKeyMalformed.sentence()


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyNotReadable):
        open_master_key_file(tmp_path)


def test_servers_that_start_at_once_read_the_same_key(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(open_master_key_file(tmp_path / "master.key").current().master_key_id)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
