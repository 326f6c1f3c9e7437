"""Serving the Workshop until someone ends it."""

import contextlib
import resource
import socket
from collections.abc import Callable

import uvicorn

from loom.core.errors import Problem, UsageError
from loom.workshop.app import build
from loom.workshop.options import WorkshopOptions
from loom.workshop.patience import PatientProtocol

__all__ = ["serve"]

_SHUTDOWN_S = 30


def serve(options: WorkshopOptions, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is told the address once it answers.

    Raises:
        UsageError: when the address cannot be had.
        ConfigError: when the settings are wrong.
    """
    settings = options.settings
    app = build(options)
    listener = _listen(settings.host, settings.port)
    _allow_many_connections()
    server = _Server(_config(app), lambda: ready(_address(settings.host, listener)))
    with listener:
        server.run([listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=PatientProtocol,
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        ws_max_size=64 * 1024,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        remedy = "choose another --port (0 takes a free one) or --host"
        raise UsageError(
            Problem(f"cannot listen: {error.strerror}", f"{host}:{port}", remedy=remedy)
        ) from None
    listener.listen(2048)
    return listener


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _allow_many_connections() -> None:
    """As many open files as the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
