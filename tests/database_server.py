"""A PostgreSQL server with PostGIS for the tests: a cluster in a temporary folder, on a free port of the loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OWNER = "owner"  # a superuser whom the server trusts
USERS = ("nobody", "postgres")  # PostgreSQL refuses to run as root: one of these runs it then, the last that exists
ACCESS = f"host all {OWNER} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Server:
    """A running server; every test makes a database of its own."""

    port: int

    def address(self, database: str, user: str = OWNER, password: str = "") -> str:
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str) -> Any:
        import psycopg

        return psycopg.connect(self.address(database), autocommit=True)

    def database(self, name: str, *, postgis: bool = True) -> str:
        """The address of a fresh database."""
        with closing(self.connect("postgres")) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        if postgis:
            self.run(name, "CREATE EXTENSION postgis")
        return self.address(name)

    def run(self, database: str, text: str) -> list[Any]:
        """Run one or several statements; the rows of the last, where it has any."""
        with closing(self.connect(database)) as connection:
            cursor = connection.execute(text)
            while cursor.nextset():
                pass
            return list(cursor) if cursor.description else []


@contextmanager
def started() -> Iterator[Server]:
    """The server, stopped and removed at the end; a skip where it cannot be had, a failure in CI."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="placesim-postgres."))
    port = _free_port()
    user = _server_user()
    if user:
        shutil.chown(folder, user)
    try:
        _call(user, programs / "initdb", "-D", folder / "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C")
        (folder / "data" / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = folder / "data" / "server.log"
        _call(user, programs / "pg_ctl", "-D", folder / "data", "-l", log, "-o", settings, "-w", "start")
        try:
            yield Server(port)
        finally:
            _call(user, programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of the newest PostgreSQL that has PostGIS."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        lacking('psycopg is not installed (pip install "placesim[postgis]")')
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    for initdb in reversed(found):
        if Path(f"/usr/share/postgresql/{initdb.parts[-3]}/extension/postgis.control").exists():
            return initdb.parent
    lacking("no PostgreSQL with PostGIS on this machine (apt-get install postgresql-postgis)")
    raise AssertionError


def lacking(what: str) -> None:
    """Skip where a tool is missing; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def _server_user() -> str | None:
    """Whom root runs the server as; None for anybody else."""
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in reversed(USERS) if user in names)


def _call(user: str | None, *command: Any) -> None:
    words = [*(("runuser", "-u", user, "--") if user else ()), *map(str, command)]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
        cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
