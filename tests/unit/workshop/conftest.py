"""The Workshop in process: its application over a folder and a database of the test's own, asked over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fastapi import FastAPI

from loom.core.settings import Settings
from loom.wiring.app import open_app
from loom.workshop.app import build
from loom.workshop.options import WorkshopOptions

ADDRESS = "http://127.0.0.1:8080"
Ask = Callable[..., Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at this machine's browser."""

    client: httpx.AsyncClient
    configs: Path

    async def get(self, path: str, status: int = 200, **options: object) -> httpx.Response:
        answer = await self.client.get(path, **options)
        assert answer.status_code == status, answer.text
        return answer

    async def post(self, path: str, status: int = 303, **form: str) -> httpx.Response:
        """Send a form."""
        answer = await self.client.post(path, data=form)
        assert answer.status_code == status, answer.text
        return answer

    async def json(self, method: str, path: str, body: object = None, status: int = 200) -> object:
        """Ask the REST door; None where it has nothing to say."""
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def write(self, name: str, text: str) -> Path:
        """A definition in the folder of the Workshop."""
        place = self.configs / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
        return place


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The routes, put together once: that takes longer than most tests. What they serve is put in by `visitor`."""
    return build(_options(tmp_path_factory.mktemp("nothing"), "sqlite://"))


@pytest.fixture
async def visitor(application: FastAPI, tmp_path: Path, database_url: str) -> AsyncIterator[Visitor]:
    """In local mode: everything is allowed."""
    options = _options(tmp_path, database_url)
    options.configs_dir.mkdir()
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 50_000))
    async with (
        open_app(options.settings, configs_dir=options.configs_dir) as services,
        httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client,
    ):
        application.state.options, application.state.services = options, services
        await services.hosting.start()
        yield Visitor(client, options.configs_dir)


@pytest.fixture
async def stranger(visitor: Visitor) -> Ask:
    """Someone who has a key with the role `run`."""
    made = await visitor.json("POST", "/api/v1/keys", {"name": "far away", "role": "run"}, 201)
    headers = {"Authorization": f"Bearer {made['key']}"}

    async def ask(method: str, path: str, **options: Any) -> httpx.Response:
        return await visitor.client.request(method, path, headers=headers, **options)

    return ask


def _options(folder: Path, database_url: str) -> WorkshopOptions:
    file, data = folder / "config.yaml", folder / "data"
    settings = Settings(config_path=file, data_dir=data, apps_dir=data / "apps", database_url=database_url)
    return WorkshopOptions(settings, folder / "configs")


class Listening:
    """An endpoint with one model, if not told otherwise; remembers the keys, and all headers, that it was shown."""

    def __init__(self) -> None:
        self.url = ""
        self.shown: list[str | None] = []
        self.headers: list[dict[str, str]] = []
        self.listed = ["m"]
        self.refusal = ""

    async def models(self, request: web.Request) -> web.Response:
        self.shown.append(request.headers.get("Authorization"))
        self.headers.append(dict(request.headers))
        if self.refusal:
            return web.json_response({"error": {"message": self.refusal}}, status=401)
        return web.json_response({"data": [{"id": name} for name in self.listed]})


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    endpoint, served = Listening(), web.Application()
    served.router.add_get("/v1/models", endpoint.models)
    server = TestServer(served, host="127.0.0.1")
    await server.start_server()
    endpoint.url = str(server.make_url("/v1"))
    yield endpoint
    await server.close()
