"""Serving the Workshop until someone ends it."""

import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI

from loom.core.errors import Problem, UsageError
from loom.wiring.app import App
from loom.workshop.app import build
from loom.workshop.guard.patience import PatientProtocol
from loom.workshop.options import WorkshopOptions, is_wildcard

__all__ = ["Started", "serve"]

_SHUTDOWN_S = 30


@dataclass(frozen=True, slots=True)
class Started:
    """A server that answers."""

    address: str
    everywhere: bool
    """It listens on every other address of this machine too."""

    setup: str | None
    """Where the operator makes the first administrator, with the token that lets them; None when nobody has to."""


def serve(options: WorkshopOptions, ready: Callable[[Started], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP. `ready` is called once it answers.

    Raises:
        UsageError: when the address cannot be had.
        ConfigError: when the settings are wrong.
    """
    settings = options.settings
    app = build(options)
    listener = _listen(settings.host, settings.port)
    _allow_many_connections()

    async def started() -> None:
        address = _address(settings.host, listener)
        token = await _setup_token(app, local=options.local)
        setup = f"{address}/setup?{urlencode({'token': token})}" if token else None
        ready(Started(address, is_wildcard(settings.host), setup))

    server = _Server(app, started)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is for what is to outlive its terminal
        signal.signal(signal.SIGHUP, server.hang_up)
    with listener:
        server.run([listener])


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, ready: Callable[[], Awaitable[None]]) -> None:
        super().__init__(_config(app))
        self._state = app.state
        self._ready = ready

    def hang_up(self, _number: int, _frame: FrameType | None) -> None:
        """The terminal is closed: end in good order."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # what is there now stays: looking through it again, which takes 100 ms, would keep everybody waiting
        gc.freeze()
        if self.started:
            await self._ready()
            gc.freeze()  # what the start has made stays: no collection need look at it again

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams first: they would last as long as their pages stay open."""
        await self._state.services.events.aclose()
        await super().shutdown(sockets)


async def _setup_token(app: FastAPI, *, local: bool) -> str | None:
    """What proves that whoever sets this Loom up sees its console; beyond this machine, until there is someone."""
    services: App = app.state.services
    return None if local or await services.access.has_admin() else services.access.doorway.setup_token


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
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
    # asyncio sends without delay only where the protocol is named; else each answer waits 40 ms for an acknowledgement
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
    if is_wildcard(host):
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _allow_many_connections() -> None:
    """As many open files as the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
