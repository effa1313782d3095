"""`pennyvault-server` as a process: what it prints, how it ends."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.command_line import main

ROOT = Path(__file__).parents[4]


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if "PENNYVAULT" not in name}
    env = {**kept, "PENNYVAULT_DATA_DIR": str(folder), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "server.command_line", *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    process = start(folder, *arguments, **variables)
    try:
        out, errors = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert "Traceback" not in errors
    return process.returncode, out, errors


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    return process.returncode, errors


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def test_serve_says_where_it_listens_and_ends_with_zero_in_time(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    process = start(tmp_path, "serve", "--port", "0", "--port-file", str(port_file))
    line = first_line(process)
    port = int(port_file.read_text())
    assert line == f"listening on http://127.0.0.1:{port}"
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
    assert [path.name for path in tmp_path.glob(".*")] == []
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.sendall(b"POST /v1/signup HTTP/1.1\r\nHost: localhost\r\n")
        started = time.monotonic()
        code, errors = stop(process)
    assert code == 0
    assert time.monotonic() - started < 5
    assert '"event": "server_stopped"' in errors


def test_the_process_survives_what_is_no_request_and_logs_no_word_of_it(tmp_path: Path) -> None:
    process = start(tmp_path, "serve", "--port", "0")
    port = int(first_line(process).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"canary-4711\r\n\r\n")
        assert b"request_unreadable" in connection.makefile("rb").read()
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    code, errors = stop(process)
    assert code == 0
    assert "canary" not in errors


def test_two_servers_do_not_share_an_address(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, errors = run(tmp_path, "serve", "--port", port)
    assert (code, errors.splitlines()[-1]) == (
        75,
        "pennyvault-server: Another program listens on this address already.",
    )


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ([], {}),
        (["fly"], {}),
        (["serve", "--port", "x"], {}),
        (["serve", "--port", "65536"], {}),
        (["serve", "--colour", "red"], {}),
        (["serve", "--host", "ledger.example"], {}),
        (["serve", "--host", "192.0.2.1"], {}),
        (["serve", "--host", "0.0.0.0", "--port", "0"], {"PENNYVAULT_SIGNUP": "open"}),
        (["serve"], {"PENNYVAULT_PORTT": "1"}),
        (["serve"], {"PENNYVAULT_DATABASE_URL": "mysql://canary:4711@localhost/x"}),
        (["migrate"], {"PENNYVAULT_ENVIRONMENT": "canary"}),
    ],
)
def test_what_was_asked_for_wrongly_ends_with_64(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    variables: Mapping[str, str],
) -> None:
    monkeypatch.setenv("PENNYVAULT_DATA_DIR", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert code_of_main(arguments) == 64
    written = capsys.readouterr()
    assert written.out == ""
    assert "pennyvault-server" in written.err
    assert "canary" not in written.err


def code_of_main(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else -1


def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path) -> None:
    code, out, errors = run(tmp_path, "serve", PENNYVAULT_PORTT="1")
    assert (code, out) == (64, "")
    assert len(errors.splitlines()) == 1
    assert "PENNYVAULT_PORTT" in errors


def test_a_database_of_a_newer_server_is_refused_with_65(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate")[0] == 0
    with sqlite3.connect(tmp_path / "pennyvault.db") as connection:
        connection.execute(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
            " VALUES (999, 'later', 'x', 'x')"
        )
    connection.close()
    for command in ("migrate", "serve"):
        code, _, errors = run(tmp_path, command)
        assert code == 65
        assert "newer version" in errors


def test_a_file_that_is_no_database_ends_with_69(tmp_path: Path) -> None:
    (tmp_path / "pennyvault.db").write_bytes(b"this is no database, canary-4711" * 100)
    code, _, errors = run(tmp_path, "migrate")
    assert code == 69
    assert "canary" not in errors
    assert str(tmp_path) not in errors


def test_a_master_key_that_others_may_read_ends_with_77(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("files have no mode on this system")
    key = tmp_path / "master.key"
    key.write_text("A" * 43 + "=")
    key.chmod(0o644)
    code, _, errors = run(tmp_path, "serve", "--port", "0")
    assert code == 77
    assert "0600" in errors


def test_migrate_tells_the_version(tmp_path: Path) -> None:
    code, out, errors = run(tmp_path, "migrate")
    assert (code, errors) == (0, "")
    assert out.startswith("the database is at version ")


def certify(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + dt.timedelta(days=36500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def test_a_server_with_a_certificate_speaks_tls_only(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    process = start(
        tmp_path,
        "serve",
        "--port",
        "0",
        PENNYVAULT_TLS_CERTIFICATE=str(certificate),
        PENNYVAULT_TLS_KEY=str(key),
    )
    address = first_line(process).removeprefix("listening on ")
    assert address.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=str(certificate))
    response = httpx.get(f"{address}/healthz", verify=trust)
    assert response.status_code == 200
    assert response.headers["strict-transport-security"].startswith("max-age=63072000")
    with pytest.raises(httpx.TransportError):
        httpx.get(address.replace("https", "http") + "/healthz")
    assert stop(process)[0] == 0
