"""The policy, and what no route lets through: held against every route there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from loom.catalog.names import require_safe
from loom.core.errors import UsageError
from loom.core.settings import load_settings
from loom.workshop.app import build
from loom.workshop.guard.policy import POLICY, PUBLIC, doors, missing
from loom.workshop.options import WorkshopOptions

OWN = "http://127.0.0.1:8080"
FOREIGN = (
    {"host": "evil.example"},
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"content-type": "text/plain"},
)


def _app(folder: Path) -> FastAPI:
    settings = load_settings({"DATA_DIR": str(folder)}, folder / "none.yaml")
    return build(WorkshopOptions(settings, folder / "configs", debug=True))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(_app(tmp_path_factory.mktemp("data")), base_url=OWN, follow_redirects=False) as client:
        yield client


def _filled(path: str) -> str:
    return path.replace("{path:path}", "x").replace("{", "").replace("}", "").replace(":path", "")


@pytest.mark.parametrize("folder", ["/workers/", "/pipelines/", "/suites/"])
def test_no_definition_can_take_the_word_of_a_page(folder: str) -> None:
    beside = {
        path.removeprefix(folder) for method, path in POLICY if method == "GET" and path.startswith(folder)
    }
    for word in (one for one in beside if "/" not in one and "{" not in one):
        with pytest.raises(UsageError, match="choose another name"):
            require_safe(word)


def test_every_route_has_a_line_and_every_line_a_route(tmp_path: Path) -> None:
    app = _app(tmp_path)
    assert not missing(app.routes)
    assert set(POLICY) == set(doors(app.routes))


def test_a_route_without_a_line_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = {door: role for door, role in POLICY.items() if door != ("GET", "/health")}
    monkeypatch.setattr("loom.workshop.guard.policy.POLICY", shorter)
    with pytest.raises(RuntimeError, match="/health"):
        _app(tmp_path)


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda given: next(iter(given)))
def test_no_changing_route_lets_a_foreign_request_in(client: TestClient, foreign: dict[str, str]) -> None:
    changing = [door for door in POLICY if door[0] not in ("GET", "WS")]
    assert changing
    for method, path in changing:
        answer = client.request(method, _filled(path), headers=foreign, content=b"x")
        assert answer.status_code in (403, 415, 421), (method, path, answer.status_code)


def test_nothing_but_the_public_is_answered_without_a_login(client: TestClient, tmp_path: Path) -> None:
    settings = load_settings({"DATA_DIR": str(tmp_path), "HOST": "0.0.0.0"}, tmp_path / "none.yaml")
    with TestClient(
        build(WorkshopOptions(settings, debug=True)), base_url=OWN, follow_redirects=False
    ) as outside:
        for (method, path), role in POLICY.items():
            if role is not PUBLIC and method != "WS":
                kind = {"content-type": "application/json"} if path.startswith("/api/") else None
                answer = outside.request(method, _filled(path), headers=kind)
                shown = answer.status_code, answer.headers.get("location", "")[:6]
                assert shown[0] == 401 or shown in ((303, "/login"), (303, "/setup")), (method, path, shown)


async def test_a_change_of_settings_is_noted_once_with_what_was_before(visitor) -> None:
    for days in ("365", "65"):
        given = {"retention_test_days": "", "retention_run_days": days, "retention_audit_days": "1095"}
        await visitor.post("/settings/retention", **given)
    items = (await visitor.json("GET", "/api/v1/audit"))["items"]
    noted = [one for one in items if one["action"] == "setting.change"]
    told = [(one["subject"], one["detail"]) for one in noted if one["subject"] != "retention_audit_days"]
    assert told == [("retention_run_days", "365 to 65"), ("retention_run_days", "unset to 365")]
    assert len(noted) <= 3


async def test_every_page_leads_to_the_rest_api(visitor) -> None:
    assert 'href="/api/v1"' in (await visitor.get("/workers")).text
    told = (await visitor.get("/api/v1")).text
    assert "/api/v1/tests" in told
    assert "`" not in told
