"""A NATS server of this machine's own, on a loopback port, which can be ended and started again at the same address."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_PROGRAM = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
_END_S = 10


class NatsServer:
    """Runs between `start` and `stop`."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        assert _PROGRAM is not None
        command = [_PROGRAM, "-a", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said: list[str] = []
        for line in self._process.stderr:
            said.append(line)
            if "Server is ready" in line:
                return
        pytest.fail(f"the NATS server ended at once:\n{''.join(said)}")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=_END_S)


@pytest.fixture
def nats_server() -> Iterator[NatsServer]:
    """Running."""
    if _PROGRAM is None:
        pytest.skip("needs nats-server")
    server = NatsServer()
    server.start()
    yield server
    server.stop()
