from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from excel_client.api_keys.finding import KeySource, find_key
from excel_client.api_keys.key_files import keep_in_file, read_key_file
from excel_client.problems import (
    KeyFileExists,
    KeyFileNotWritten,
    KeyFileUnsafe,
    KeyNotReadable,
    NoKey,
)
from excel_client.settings import ServerOrigin
from excel_client.wire_format import ApiKey

KEY = ApiKey("pv_live_" + "k" * 43)
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "key"


def test_a_key_comes_back_from_its_file(path: Path) -> None:
    keep_in_file(path, KEY)
    found = find_key(ServerOrigin("https://x.example"), key_file=path, environment={})
    assert (found.key, found.source) == (KEY, KeySource.FILE)


@posix_only
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_key_file_is_closed_to_others_whatever_the_mask_says(path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        keep_in_file(path, KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_key_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    keep_in_file(path, KEY)
    path.chmod(mode)
    with pytest.raises(KeyFileUnsafe) as refused:
        read_key_file(path)
    assert KEY.reveal() not in refused.value.line_for_people()


def test_what_stands_in_the_key_files_place_is_not_written_over(path: Path) -> None:
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(KeyFileExists):
        keep_in_file(path, KEY)
    assert path.read_text(encoding="utf-8") == "precious"


@posix_only
def test_a_link_is_neither_read_nor_written_through(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    keep_in_file(target, KEY)
    path.symlink_to(target)
    with pytest.raises(KeyFileUnsafe):
        read_key_file(path)
    with pytest.raises(KeyFileExists):
        keep_in_file(path, KEY)


@posix_only
def test_a_pipe_in_the_key_files_place_keeps_nobody_waiting(path: Path) -> None:
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyFileUnsafe):
        read_key_file(path)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnsafe):
        read_key_file(tmp_path)


def test_a_key_file_that_is_missing_is_named(path: Path) -> None:
    with pytest.raises(NoKey) as refused:
        read_key_file(path)
    assert refused.value.place == {"file": str(path)}


def test_a_key_file_in_a_folder_that_is_missing_is_not_written(path: Path) -> None:
    with pytest.raises(KeyFileNotWritten):
        keep_in_file(path / "deeper", KEY)


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\xfe", b"pv_live_" + b"k" * 5000])
def test_what_is_no_key_is_not_repeated(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyNotReadable) as refused:
        read_key_file(path)
    assert "not a key" not in refused.value.line_for_people()
