"""What the guard refuses before a route sees it, and what it puts on every answer."""

from socket import gethostname

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from loom.workshop.guard.security import Guard, Hosts, hosts_of

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


async def _answer(_request: object) -> PlainTextResponse:
    return PlainTextResponse("done")


def _guarded(hosts: Hosts, address: str) -> TestClient:
    paths = ("/workers/a", "/api/v1/endpoints")
    inner = Starlette(routes=[Route(path, _answer, methods=["GET", "POST", "DELETE"]) for path in paths])
    return TestClient(Guard(inner, hosts), base_url=f"http://{address}")


@pytest.fixture
def client() -> TestClient:
    return _guarded(hosts_of("127.0.0.1", ["loom.example"]), "127.0.0.1:8080")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "loom.example", "LOOM.example:1"]
)
def test_its_own_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/workers/a", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8080", "localhost.:80"]
)
def test_any_other_name_is_refused_so_that_dns_rebinding_fails(client: TestClient, host: str) -> None:
    refused = client.get("/workers/a", headers={"host": host})
    assert (refused.status_code, "ALLOWED_HOSTS" in refused.text) == (421, True)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1", "file://", "http://"],
)
def test_a_change_from_a_page_of_another_origin_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/workers/a", data={"a": "b"}, headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_change_that_the_browser_calls_foreign_is_refused(client: TestClient, site: str) -> None:
    given = {"sec-fetch-site": site, "origin": "http://127.0.0.1:8080"}
    assert client.delete("/api/v1/endpoints", headers=given).status_code == 403


def test_a_change_from_its_own_page_or_from_a_program_passes(client: TestClient) -> None:
    own = {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}
    assert client.post("/workers/a", data={"a": "b"}, headers=own).status_code == 200
    assert client.post("/api/v1/endpoints", json={}).status_code == 200
    assert client.delete("/api/v1/endpoints").status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/xml", ""])
def test_a_form_route_reads_forms_only(client: TestClient, kind: str) -> None:
    assert client.post("/workers/a", content=b"a=b", headers={"content-type": kind}).status_code == 415


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]
)
def test_the_api_reads_no_form_that_another_site_could_send(client: TestClient, kind: str) -> None:
    assert client.post("/api/v1/endpoints", content=b"{}", headers={"content-type": kind}).status_code == 415


def test_every_answer_forbids_what_the_pages_do_not_need(client: TestClient) -> None:
    headers = client.get("/workers/a").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/workers/a").headers["content-security-policy"] != policy  # the nonce is new each time


@pytest.mark.parametrize(
    ("listens", "asked", "status"),
    [
        ("0.0.0.0", "192.0.2.7:8080", 200),
        ("::", "[2001:db8::7]:8080", 200),
        ("0.0.0.0", gethostname(), 200),
        ("0.0.0.0", "rebound.example:8080", 421),
        ("192.0.2.7", "192.0.2.7:8080", 200),
        ("192.0.2.7", "192.0.2.8:8080", 421),
        ("2001:db8::7", "[2001:db8::7]:8080", 200),
    ],
)
def test_a_server_on_all_addresses_is_asked_by_any_number_and_by_no_name_of_others(
    listens: str, asked: str, status: int
) -> None:
    assert _guarded(hosts_of(listens, []), asked).get("/workers/a").status_code == status


def test_programs_are_told_by_the_guard_as_by_all_others(client: TestClient) -> None:
    refused = client.get("/api/v1/endpoints", headers={"host": "evil.example"})
    assert (refused.status_code, refused.json()["error"]["type"]) == (421, "misdirected_request")
    plain = client.post("/api/v1/endpoints", content=b"{}", headers={"content-type": "text/plain"})
    assert (plain.status_code, plain.json()["error"]["problems"]) == (415, [])
