"""Endpoints added while Loom runs, what tiers lead to, and system settings, over every kind of database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import text as sql

from loom.access.models import LOCAL, Principal, Role
from loom.calls.book.models import KeyState, Place
from loom.core.clock import FakeClock
from loom.core.endpoint_config import EndpointKind, TierTarget
from loom.core.errors import ConfigError, ConflictError, ForbiddenError, NotFoundError, UsageError
from loom.core.ids import new_id
from loom.core.money import Price
from loom.core.settings import Settings, load_settings
from loom.core.worker_config import Tier
from loom.wiring.app import App, open_app

KEY = "sk-kept-secret-1234"
MOCK = {"label": "mock", "url": "http://127.0.0.1:9100/v1", "api_key": KEY}
FILE = """
endpoints:
  - {name: filed, url: "SERVER", key: "env:LLM_FILED", models: [f], headers: {X-Team: "env:LLM_TEAM", X-Title: Desk}}
tiers: {local: filed/f}
"""


class Server:
    """Lists one model, and remembers the keys and headers it was shown."""

    def __init__(self) -> None:
        self.url = ""
        self.shown: list[str | None] = []
        self.headers: list[dict[str, str]] = []

    async def models(self, request: web.Request) -> web.Response:
        self.shown.append(request.headers.get("Authorization"))
        self.headers.append(dict(request.headers))
        return web.json_response({"data": [{"id": "m"}]})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served, application = Server(), web.Application()
    application.router.add_get("/v1/models", served.models)
    running = TestServer(application, host="127.0.0.1")
    await running.start_server()
    served.url = str(running.make_url("/v1"))
    yield served
    await running.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    monkeypatch.setenv("LLM_FILED", "sk-filed-1")
    monkeypatch.setenv("LLM_OTHER", "sk-other-1")
    file = tmp_path / "config.yaml"
    file.write_text(FILE.replace("SERVER", server.url))
    secrets = {"LLM_FILED": "sk-filed-1", "LLM_TEAM": "the-tea-team"}
    env = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": url, **secrets}
    return load_settings(env, file)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[App]:
    async with open_app(settings) as opened:
        yield opened


async def stored(app: App) -> str:
    """All that the database holds of endpoints, as text."""
    rows = await app.database.read(lambda connection: connection.execute(sql("SELECT * FROM endpoint")).all())
    return repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows])


async def key_sent(app: App, server: Server, name: str) -> str | None:
    """The key that requests to `name` carry."""
    route = await app.endpoints.route(endpoint=name, model="m")
    await route.backend.models()
    return server.shown[-1] and server.shown[-1].removeprefix("Bearer ")


async def test_an_added_endpoint_is_asked_like_any_other_and_shows_no_key(app: App, server: Server) -> None:
    one = await app.endpoint_book.add(
        {**MOCK, "url": server.url, "models": ["m"], "prices": {"m": {"input": 1, "output": 2}}}, LOCAL
    )
    assert (one.place, one.key, one.key_source, one.config.kind) == (
        Place.BOOK,
        KeyState.READY,
        "stored",
        EndpointKind.OPENAI,
    )
    route = await app.endpoints.route(model="m")
    assert (route.keys.endpoint, route.price) == ("mock", Price(1_000_000_000, 2_000_000_000))
    assert await key_sent(app, server, "mock") == KEY
    assert [shown.config.name for shown in await app.endpoint_book.all()] == ["filed", "mock", "simulated"]
    assert KEY not in repr(await app.endpoint_book.all()) + await stored(app)


@pytest.mark.parametrize(("models", "said"), [(5, "'models' must be"), (["m"] * 1001, "has more than 1000")])
async def test_models_are_a_list_and_not_endless(app: App, models, said) -> None:
    with pytest.raises(ConfigError, match=said):
        await app.endpoint_book.add({**MOCK, "models": models}, LOCAL)


async def test_headers_of_the_file_are_sent_beside_the_key_and_not_shown(app: App, server: Server) -> None:
    filed = await app.endpoint_book.find("filed")
    assert (await app.trials.of(filed)).reached
    assert (server.headers[0]["X-Team"], server.headers[0]["X-Title"]) == ("the-tea-team", "Desk")
    assert filed.headers == (("X-Team", "env:LLM_TEAM", KeyState.READY), ("X-Title", "file", KeyState.READY))
    assert "the-tea-team" not in repr(await app.endpoint_book.all()) + repr(app.settings)
    thief = {"label": "b", "url": "http://b", "headers": [{"name": "X-Team", "value": "env:LLM_TEAM"}]}
    with pytest.raises(ConfigError, match="holds the key of 'filed' at another address"):
        await app.endpoint_book.add(thief, LOCAL)


async def test_the_key_file_is_for_its_owner_alone(app: App) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    assert (app.settings.data_dir / "endpoint-keys").stat().st_mode & 0o777 == 0o600


async def test_what_another_process_changes_holds_for_the_next_job(
    app: App, settings: Settings, server: Server
) -> None:
    one = await app.endpoint_book.add(MOCK, LOCAL)
    assert one.entry
    before = await app.endpoints.route(endpoint="mock", model="m")
    async with open_app(settings) as other:
        moved = {"url": server.url, "api_key": "sk-2nd-key"}
        await other.endpoint_book.update(one.entry.id, moved, LOCAL)
        after = await app.endpoints.route(endpoint="mock", model="m")
        assert (before.backend.origin, after.backend.origin) == (MOCK["url"], server.url)
        assert await key_sent(app, server, "mock") == "sk-2nd-key"
        await other.endpoint_book.update(one.entry.id, {"enabled": False}, LOCAL)
    with pytest.raises(UsageError, match="is switched off"):
        await app.endpoints.route(endpoint="mock", model="m")


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"url": "http://127.0.0.1:9100/other"}, "stored"),
        ({"url": "http://127.0.0.1:9101/v1"}, None),
        ({"url": "https://127.0.0.1:9100/v1"}, None),
        ({"url": "http://elsewhere.example/v1", "api_key": "sk-new-1"}, "stored"),
        ({"api_key_env": "LLM_OTHER"}, "env:LLM_OTHER"),
        ({"api_key": None}, None),
        ({"models": ["m"]}, "stored"),
    ],
)
async def test_a_key_belongs_to_one_origin(app: App, said, source) -> None:
    one = await app.endpoint_book.add(MOCK, LOCAL)
    assert one.entry
    assert (await app.endpoint_book.update(one.entry.id, said, LOCAL)).key_source == source


async def test_a_stored_key_moved_to_another_address_behind_looms_back_is_not_given_out(app: App) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    engine = app.database.backend.owner()
    with engine.begin() as connection:
        connection.execute(sql("UPDATE endpoint SET url = 'http://evil.example/v1'"))
    engine.dispose()
    with pytest.raises(UsageError, match="belongs to another address"):
        await app.endpoints.route(endpoint="mock", model="m")


async def test_a_variable_is_sent_to_one_address_only(app: App, server: Server) -> None:
    with pytest.raises(ConfigError, match="holds the key of 'filed' at another address"):
        await app.endpoint_book.add(
            {"label": "thief", "url": "http://evil.example", "api_key_env": "LLM_FILED"}, LOCAL
        )
    one = await app.endpoint_book.add({"label": "b", "url": server.url, "api_key_env": "LLM_FILED"}, LOCAL)
    assert (one.key, await key_sent(app, server, "b")) == (KeyState.READY, "sk-filed-1")


async def test_a_variable_that_is_not_set_is_told(app: App) -> None:
    one = await app.endpoint_book.add({"label": "b", "url": "http://b", "api_key_env": "LLM_NOT_SET"}, LOCAL)
    assert one.key is KeyState.MISSING
    with pytest.raises(UsageError, match="'LLM_NOT_SET' is not set"):
        await app.endpoints.route(endpoint="b", model="m")


async def test_a_name_is_taken_once_however_it_is_written(app: App) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    for label in ("MOCK", "Filed"):
        with pytest.raises(ConflictError, match="already"):
            await app.endpoint_book.add({**MOCK, "label": label}, LOCAL)
    both = (app.endpoint_book.add({**MOCK, "label": "twice"}, LOCAL) for _ in range(2))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["ConflictError", "Listed"]


async def test_a_change_on_an_old_revision_is_refused(app: App) -> None:
    one = await app.endpoint_book.add(MOCK, LOCAL)
    assert one.entry
    await app.endpoint_book.update(one.entry.id, {"models": ["a"]}, LOCAL, base=1)
    with pytest.raises(ConflictError, match="meanwhile"):
        await app.endpoint_book.update(one.entry.id, {"models": ["b"]}, LOCAL, base=1)
    assert (await app.endpoint_book.one(one.entry.id)).config.models == ("a",)


async def test_a_removed_endpoint_can_be_restored_with_its_key(app: App, server: Server) -> None:
    one = await app.endpoint_book.add({**MOCK, "url": server.url}, LOCAL)
    assert one.entry
    await app.endpoint_book.remove(one.entry.id, LOCAL)
    assert [shown.config.name for shown in await app.endpoint_book.all()] == ["filed", "simulated"]
    with pytest.raises(NotFoundError):
        await app.endpoint_book.one(one.entry.id)
    await app.endpoint_book.restore(one.entry.id, Principal("ann", Role.ADMIN))
    assert await key_sent(app, server, "mock") == KEY
    with pytest.raises(NotFoundError):
        await app.endpoint_book.restore(one.entry.id, LOCAL)


async def test_a_removed_endpoint_is_forgotten_with_its_key_after_a_day(app: App) -> None:
    app.clock = clock = FakeClock()
    one, two = [await app.endpoint_book.add({**MOCK, "label": label}, LOCAL) for label in "ab"]
    assert one.entry
    assert two.entry
    await app.endpoint_book.remove(one.entry.id, LOCAL)
    await clock.advance(25 * 3600)
    await app.endpoint_book.remove(two.entry.id, LOCAL)
    with pytest.raises(NotFoundError):
        await app.endpoint_book.restore(one.entry.id, LOCAL)
    await app.endpoint_book.restore(two.entry.id, LOCAL)


async def test_keys_are_sealed_anew_and_still_open(app: App, server: Server) -> None:
    await app.endpoint_book.add({**MOCK, "url": server.url}, LOCAL)
    file = app.settings.data_dir / "endpoint-keys"
    first, before = file.read_text(), await stored(app)
    assert await app.endpoint_book.rotate(LOCAL) == 1
    assert await app.endpoint_book.rotate(LOCAL) == 1
    assert first.strip() not in file.read_text()
    assert await stored(app) != before
    assert await key_sent(app, server, "mock") == KEY


async def test_a_key_that_cannot_be_read_stops_the_sealing_anew_before_anything_changed(app: App) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    file = app.settings.data_dir / "endpoint-keys"
    file.unlink()
    await app.endpoint_book.add({**MOCK, "label": "other"}, LOCAL)
    before = file.read_text()
    with pytest.raises(UsageError, match="enter the key again"):
        await app.endpoint_book.rotate(LOCAL)
    assert file.read_text() == before


async def test_without_the_key_file_the_endpoint_says_what_to_do(app: App) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    (app.settings.data_dir / "endpoint-keys").unlink()
    with pytest.raises(UsageError, match="enter the key again"):
        await app.endpoints.route(endpoint="mock", model="m")


async def test_a_tier_leads_where_an_administrator_says_then_where_the_settings_say(app: App) -> None:
    one = await app.endpoint_book.add({**MOCK, "models": ["m", "n"]}, LOCAL)
    assert one.entry

    async def local() -> tuple[str, str]:
        route = await app.endpoints.route(tier=Tier.LOCAL)
        return route.keys.endpoint, route.model

    assert await local() == ("filed", "f")
    await app.tiers.lead({Tier.LOCAL: TierTarget("mock", "n")}, LOCAL)
    assert await local() == ("mock", "n")
    with pytest.raises(ConflictError, match="is where local leads to"):
        await app.endpoint_book.remove(one.entry.id, LOCAL)
    await app.endpoint_book.update(one.entry.id, {"label": "renamed"}, LOCAL)
    assert await local() == ("renamed", "n")
    await app.tiers.lead({Tier.LOCAL: None}, LOCAL)
    assert await local() == ("filed", "f")


async def test_a_tier_that_is_mapped_to_nothing_leads_to_the_default(app: App) -> None:
    await app.endpoint_book.add({**MOCK, "models": ["m", "n"]}, LOCAL)
    await app.tiers.lead({None: TierTarget("mock", "n")}, LOCAL)
    route = await app.endpoints.route(tier=Tier.FRONTIER)
    assert (route.keys.endpoint, route.model) == ("mock", "n")
    assert [mapped.target for mapped in await app.tiers.all()][-1] == TierTarget("mock", "n")


@pytest.mark.parametrize(
    "target", [TierTarget("nobody", "m"), TierTarget("filed", "x"), TierTarget("simulated", "f")]
)
async def test_a_tier_leads_to_what_there_is_only(app: App, target) -> None:
    with pytest.raises(ConfigError, match=r"^'local' names"):
        await app.tiers.lead({Tier.LOCAL: target}, LOCAL)


async def test_an_endpoint_of_the_settings_comes_before_one_of_that_name(
    app: App, settings: Settings, server: Server
) -> None:
    await app.endpoint_book.add(MOCK, LOCAL)
    same = replace(settings.endpoints[0], name="mock", key=None)
    async with open_app(replace(settings, endpoints=(same,), tiers={})) as later:
        assert (await later.endpoints.route(endpoint="mock", model="f")).backend.origin == server.url
        assert [one.hidden for one in await later.endpoint_book.all()] == [False, True, False]


async def test_system_settings_are_set_together_or_not_at_all(app: App, settings: Settings) -> None:
    read = app.system_settings.read
    assert (await read()).allow_guest_access is False
    await app.system_settings.change({"allow_guest_access": True, "retention_test_days": 30}, LOCAL)
    with pytest.raises(ConfigError, match=r"'retention_run_days' must be.*\n'nonsense' is not a key"):
        await app.system_settings.change(
            {"retention_test_days": 9, "retention_run_days": 0, "nonsense": 1}, LOCAL
        )
    async with open_app(settings) as other:
        held = await other.system_settings.change({"retention_test_days": None}, LOCAL)
    assert (held, held.retention_test_days, held.allow_guest_access) == (await read(), None, True)


async def test_who_is_no_administrator_changes_nothing_and_what_one_changes_is_noted(app: App) -> None:
    runner, book = Principal("rob", Role.RUN), app.endpoint_book
    one = await book.add(MOCK, Principal("ann", Role.ADMIN))
    assert one.entry
    name = one.entry.id
    for attempt in (
        book.add({**MOCK, "label": "b"}, runner),
        book.update(name, {"enabled": False}, runner),
        book.remove(name, runner),
        book.restore(name, runner),
        book.rotate(runner),
        app.tiers.lead({None: None}, runner),
        app.system_settings.change({"allow_guest_access": True}, runner),
    ):
        with pytest.raises(ForbiddenError):
            await attempt
    noted = [
        (entry.principal, entry.action, entry.subject)
        for entry in (await app.access.audit.page(LOCAL)).entries
    ]
    assert noted == [("ann", "endpoint.add", "mock")]
    assert KEY not in repr(await app.access.audit.page(LOCAL))


async def test_who_is_not_there_is_not_found(app: App) -> None:
    for asked in (app.endpoint_book.one, lambda name: app.endpoint_book.remove(name, LOCAL)):
        with pytest.raises(NotFoundError):
            await asked(new_id())
