"""A private PostgreSQL for tests, made with the binaries of this machine and thrown away afterwards.

Import `postgres` and `postgres_url` into a conftest to use them, and mark such tests `postgres`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

__all__ = ["Cluster", "postgres", "postgres_url"]

_START_S = "60"


class Cluster:
    """One server in a folder of its own, reached over loopback without a password."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._log = folder / "log"
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb", "--username=loom", "--auth=trust", "--no-locale", "--encoding=UTF8", str(self._data)
        )
        self._port = _free_port()
        self.start()

    def start(self) -> None:
        """Begin to serve, after a crash as well."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._control("start", "-l", str(self._log), "-o", options)

    def crash(self) -> None:
        """Stop at once, as `pg_ctl -m immediate` does: connections break, the log is replayed at the next start."""
        self._control("stop", "-m", "immediate")

    def create(self) -> str:
        """The URL of a new, empty database."""
        name = f"loom_{uuid.uuid4().hex}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "loom", name)
        return f"postgresql://loom@127.0.0.1:{self._port}/{name}"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", _START_S, *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        """As an ordinary user: the server refuses to run as root. Output goes to a file, which a server may keep open."""
        with tempfile.TemporaryFile() as said:
            command: Sequence[str] = (str(self._binaries / program), *arguments)
            ended = subprocess.run(
                command,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
            )
            said.seek(0)
            assert ended.returncode == 0, f"{program}: {said.read().decode(errors='replace')}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running server of this test process's own."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("there are no PostgreSQL server binaries here; apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="loom-postgres-"))
    try:
        cluster = Cluster(binaries, folder)
        yield cluster
        cluster.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: Cluster) -> str:
    """An empty database of this test's own."""
    return postgres.create()


def _binaries() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run the server as when the tests run as root."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("postgres")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
