"""Who gets in over HTTP, by which door, and what no trick opens."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from loom.core.settings import load_settings
from loom.workshop.app import build
from loom.workshop.guard.policy import POLICY, READ, RUN
from loom.workshop.options import WorkshopOptions

HERE = "http://127.0.0.1:8080"
PASSWORD = "a long way home"
STATIC_KEY = "the key of the settings, as an operator sets it"
ANN = {"username": "ann", "password": PASSWORD}
BROWSER = {"accept": "text/html"}


@pytest.fixture
def serve(tmp_path: Path, database_url: str) -> Iterator[Callable[..., TestClient]]:
    """A Workshop over the test's own data; each call another browser of a restarted server."""
    with ExitStack() as stack:

        def client(host: str = "127.0.0.1", base_url: str = HERE) -> TestClient:
            settings = load_settings(
                {
                    "DATA_DIR": str(tmp_path),
                    "DATABASE_URL": database_url,
                    "HOST": host,
                    "API_KEY": STATIC_KEY,
                },
                tmp_path / "none.yaml",
            )
            app = build(WorkshopOptions(settings, tmp_path / "configs", debug=True))
            return stack.enter_context(TestClient(app, base_url=base_url, follow_redirects=False))

        yield client


@pytest.fixture
def here(serve: Callable[..., TestClient]) -> TestClient:
    """A browser at the machine of a fresh Workshop."""
    return serve()


@pytest.fixture
def admin(here: TestClient) -> TestClient:
    """The same, with its first administrator logged in."""
    assert here.post("/setup", data=ANN).status_code == 303
    return here


def me(client: TestClient, **headers: str) -> str:
    """Who the server takes `client` for."""
    answer = client.get("/api/v1/auth/me", headers=headers)
    return answer.json()["username"] if answer.status_code == 200 else str(answer.status_code)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def role_key(admin: TestClient, role: str) -> str:
    return admin.post("/api/v1/keys", json={"name": f"to {role}", "role": role}).json()["key"]


def login(client: TestClient, **given: str):
    return client.post("/login", data={**ANN, **given})


def test_at_this_machine_nobody_has_to_log_in(here: TestClient) -> None:
    assert me(here) == "local"
    assert here.get("/login").headers["location"] == "/"
    assert "Set up an administrator" in here.get("/settings/users").text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"])
def test_who_comes_through_a_proxy_is_not_at_this_machine(here: TestClient, header: str) -> None:
    assert me(here, **{header: "127.0.0.1"}) == "401"
    assert here.post("/setup", data=ANN, headers={header: "127.0.0.1"}).status_code == 403


def test_from_elsewhere_the_setup_takes_the_token_of_the_console(serve: Callable[..., TestClient]) -> None:
    far = serve("0.0.0.0")
    token = far.app.state.services.access.doorway.setup_token
    assert far.get("/workers", headers=BROWSER).headers["location"].startswith("/login")
    assert far.get("/login").headers["location"] == "/setup"
    assert far.post("/setup", data=ANN).status_code == 403
    assert far.post("/setup", data={**ANN, "token": token[:-1]}).status_code == 403
    assert f'value="{token}"' in far.get("/setup", params={"token": token}).text
    assert far.post("/setup", data={**ANN, "token": token}).status_code == 303
    assert me(far) == "ann"


def test_programs_set_up_and_log_in_as_well(serve: Callable[..., TestClient]) -> None:
    far = serve("0.0.0.0")
    token = far.app.state.services.access.doorway.setup_token
    assert far.get("/api/v1/auth/setup").json() == {"needed": True, "token_needed": True}
    assert far.post("/api/v1/auth/setup", json=ANN).status_code == 403
    made = far.post("/api/v1/auth/setup", json={**ANN, "token": token})
    assert (made.status_code, made.json()["user"]["is_admin"]) == (201, True)
    assert me(far, **bearer(made.json()["access_token"])) == "ann"
    assert far.post("/api/v1/auth/setup", json={**ANN, "token": token}).status_code == 409
    assert far.get("/api/v1/auth/setup").json() == {"needed": False, "token_needed": False}


def test_a_setup_that_is_refused_keeps_what_was_typed_but_the_password(here: TestClient) -> None:
    page = here.post("/setup", data={"username": "a b", "password": "short"})
    assert page.status_code == 400
    assert 'value="a b"' in page.text
    assert page.text.count('aria-invalid="true"') == 2
    assert "short<" not in page.text
    assert 'value="short"' not in page.text


def test_a_cookie_is_kept_from_scripts_and_other_sites_and_from_plain_http(
    admin: TestClient, serve: Callable[..., TestClient]
) -> None:
    plain = login(admin).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Secure" not in plain
    assert "Secure" in login(serve(base_url="https://127.0.0.1:8080")).headers["set-cookie"]


def test_a_login_has_a_cookie_of_its_own_whatever_the_browser_brought(admin: TestClient) -> None:
    before = admin.cookies["loom_session"]
    assert login(admin).status_code == 303
    after = admin.cookies["loom_session"]
    admin.cookies.clear()
    assert before != after
    assert me(admin, Cookie=f"loom_session={before}") == "401"
    assert me(admin, Cookie=f"loom_session={after}") == "ann"


def test_a_logout_ends_the_login_and_not_only_the_cookie(admin: TestClient) -> None:
    kept = admin.cookies["loom_session"]
    assert admin.get("/logout").status_code == 405
    assert admin.post("/logout").headers["location"] == "/login"
    assert me(admin) == "401"
    assert me(admin, Cookie=f"loom_session={kept}") == "401"


def test_what_was_asked_for_is_shown_after_the_login(admin: TestClient) -> None:
    admin.cookies.clear()
    asked = admin.get("/settings/users?open=x", headers=BROWSER).headers["location"]
    assert 'value="/settings/users?open=x"' in admin.get(asked).text
    assert login(admin, next="/settings/users?open=x").headers["location"] == "/settings/users?open=x"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\t/evil.example", "/a\r\nb: c"],
)
def test_a_login_leads_nowhere_else(admin: TestClient, elsewhere: str) -> None:
    assert login(admin, next=elsewhere).headers["location"] == "/"
    assert admin.get("/login", params={"next": elsewhere}).headers["location"] == "/"


def test_a_wrong_password_says_no_more_than_an_unknown_name(admin: TestClient) -> None:
    admin.cookies.clear()
    pages = [login(admin, username=name, password="a wrong one") for name in ("ann", "bob")]
    assert [page.status_code for page in pages] == [401, 401]
    assert [page.text.replace("bob", "ann").count("is wrong") for page in pages] == [1, 1]
    told = [
        admin.post("/api/v1/auth/login", json={**ANN, "username": name, "password": "x"})
        for name in ("ann", "bob")
    ]
    assert told[0].json() == told[1].json()
    assert told[0].json()["error"]["type"] == "unauthenticated"


def test_too_many_wrong_passwords_are_told_when_to_come_back(admin: TestClient) -> None:
    for _ in range(5):
        assert admin.post("/api/v1/auth/login", json={**ANN, "password": "x"}).status_code == 401
    told = admin.post("/api/v1/auth/login", json=ANN)
    assert (told.status_code, told.json()["error"]["type"]) == (429, "throttled")
    assert 0 < int(told.headers["retry-after"]) <= 30
    assert login(admin).status_code == 429


def test_a_token_is_for_programs_and_no_cookie(admin: TestClient) -> None:
    token = admin.post("/api/v1/auth/login", json=ANN).json()["access_token"]
    session = admin.cookies["loom_session"]
    admin.cookies.clear()
    assert me(admin, **bearer(token)) == "ann"
    assert me(admin, Cookie=f"loom_session={token}") == "401"
    assert me(admin, **bearer(session)) == "401"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Basic YW5uOmE=", "Bearer null", "Bearer loom_", "Bearer a.b.c", "loom_x"]
)
def test_anything_else_in_the_header_is_nobody(admin: TestClient, value: str) -> None:
    admin.cookies.clear()
    assert me(admin, Authorization=value) == "401"


@pytest.mark.parametrize(
    "trick",
    [
        {"X-Forwarded-User": "ann"},
        {"X-Remote-User": "ann"},
        {"X-Original-URL": "/health"},
        {"X-Rewrite-URL": "/health"},
        {"X-HTTP-Method-Override": "GET"},
        {"X-Real-IP": "127.0.0.1"},
        {"Cookie": "loom_session="},
        {"Cookie": "loom_session=' or 1=1 --"},
    ],
    ids=str,
)
def test_headers_that_other_servers_believe_open_nothing(admin: TestClient, trick: dict[str, str]) -> None:
    admin.cookies.clear()
    assert me(admin, **trick) == "401"
    assert admin.get("/api/v1/users", headers=trick).status_code == 401
    assert admin.post("/api/v1/keys", json={"name": "x"}, headers=trick).status_code == 401


def _filled(path: str) -> str:
    return path.replace("{path:path}", "x").replace("{", "").replace("}", "").replace(":path", "")


def _refused(client: TestClient, role: str | None, headers: dict[str, str]) -> list[object]:
    """The lines of the policy that ask for more than `role` and are yet answered otherwise than with 403."""
    wrong = []
    for (method, path), needed in POLICY.items():
        if (
            method == "WS"
            or needed is None
            or (role == "read" and needed is READ)
            or (role == "run" and needed in (READ, RUN))
        ):
            continue
        kind = {} if method == "GET" else {"json": {}} if path.startswith("/api/") else {"data": {"x": "y"}}
        answer = client.request(method, _filled(path), headers=headers, **kind)
        if answer.status_code != 403:
            wrong.append((method, path, answer.status_code))
    return wrong


@pytest.mark.parametrize("role", ["read", "run"])
def test_no_route_does_for_a_key_what_its_role_may_not(admin: TestClient, role: str) -> None:
    key = role_key(admin, role)
    admin.cookies.clear()
    assert _refused(admin, role, bearer(key)) == []


def test_guests_look_and_change_nothing(admin: TestClient) -> None:
    assert admin.post("/settings/access", data={"allow_guest_access": "true"}).status_code == 303
    admin.cookies.clear()
    assert me(admin) == "guest"
    assert _refused(admin, "read", {}) == []
    assert "Log in" in admin.get("/login").text


def test_a_guest_is_led_to_the_login_and_back(admin: TestClient) -> None:
    admin.post("/settings/access", data={"allow_guest_access": "true"})
    admin.cookies.clear()
    page = admin.get("/workers?tier=local").text
    # in the bar, and beside what is disabled
    assert page.count('href="/login?next=%2Fworkers%3Ftier%3Dlocal"') == 2


def test_the_first_administrator_of_the_settings_is_led_to_the_login_with_a_word(here: TestClient) -> None:
    added = here.post("/settings/users", data={"username": "boss", "password": PASSWORD, "role": "admin"})
    page = here.get(added.headers["location"]).text
    assert "The first administrator is added" in page
    assert 'value="boss"' in page
    assert login(here, username="boss", next="/settings/users").headers["location"] == "/settings/users"


def test_a_wrong_key_is_told_as_such(admin: TestClient) -> None:
    admin.cookies.clear()
    told = admin.get("/api/v1/runs", headers=bearer("loom_wrong")).json()["error"]["message"]
    assert told.startswith("The key or token that was sent is not known")
    assert admin.get("/api/v1/runs").json()["error"]["message"].startswith("Log in first")


def test_guests_are_nobody_again_when_the_box_is_empty(admin: TestClient) -> None:
    admin.post("/settings/access", data={"allow_guest_access": "true"})
    admin.post("/settings/access", data={})
    admin.cookies.clear()
    assert me(admin) == "401"


def test_no_field_of_a_form_or_body_makes_anybody_more_than_they_are(admin: TestClient) -> None:
    admin.post(
        "/settings/users", data={"username": "bob", "password": PASSWORD, "role": "read", "is_admin": "true"}
    )
    login(admin, username="bob", role="admin", is_admin="true")
    assert admin.get("/api/v1/auth/me").json()["role"] == "read"
    admin.post("/account/password", data={"old": PASSWORD, "new": "another long way", "role": "admin"})
    assert admin.get("/api/v1/auth/me").json()["role"] == "read"
    extra = {"username": "bob", "password": "another long way", "role": "admin"}
    assert admin.post("/api/v1/auth/login", json=extra).status_code == 422


@pytest.mark.parametrize("role", ["owner", "ADMIN", "", "admin,read", "['admin']"])
def test_a_role_that_there_is_not_is_refused(admin: TestClient, role: str) -> None:
    body = {"username": "bob", "password": PASSWORD, "role": role}
    assert admin.post("/settings/users", data=body).status_code == (303 if role == "" else 422)
    assert admin.post("/api/v1/users", json={**body, "username": "eve"}).status_code == 422
    assert all(user["role"] in ("run", "admin") for user in admin.get("/api/v1/users").json()["items"])


def test_users_are_added_changed_and_removed_over_rest(admin: TestClient) -> None:
    bob = admin.post("/api/v1/users", json={"username": "Bob", "password": PASSWORD, "role": "read"}).json()
    assert (bob["username"], bob["seen_at"]) == ("bob", None)
    home = f"/api/v1/users/{bob['id']}"
    assert admin.patch(home, json={"role": "admin", "password": "another long way"}).json()["role"] == "admin"
    assert admin.delete(home).status_code == 204
    assert admin.delete(home).status_code == 404
    assert [user["username"] for user in admin.get("/api/v1/users").json()["items"]] == ["ann"]


def test_the_only_administrator_stays_over_rest_and_on_the_page(admin: TestClient) -> None:
    ann = admin.get("/api/v1/auth/me").json()["user_id"]
    assert admin.delete(f"/api/v1/users/{ann}").status_code == 409
    page = admin.post(f"/settings/users/{ann}/role", data={"new_role": "read"})
    assert (page.status_code, "the only administrator" in page.text) == (409, True)


def test_a_new_key_is_shown_by_the_answer_that_made_it_and_never_again(admin: TestClient) -> None:
    page = admin.post(
        "/settings/keys", data={"name": "nightly", "role": "run", "expires": "30", "cap_usd": "2.50"}
    )
    secret = page.text.split("loom_")[1].split("<")[0]
    assert len(secret) > 40
    assert page.headers["cache-control"] == "no-store"
    assert secret not in admin.get("/settings/keys").text
    (key,) = admin.get("/api/v1/keys").json()["items"]
    assert (key["cap_usd"], key["spent_usd"], key["expires_at"] > key["created_at"]) == (2.5, 0, True)
    assert me(admin, **bearer(f"loom_{secret}")) == "key:nightly"


def test_a_key_is_capped_and_revoked_over_rest(admin: TestClient) -> None:
    made = admin.post("/api/v1/keys", json={"name": "ci", "role": "run", "cap_usd": 1}).json()
    home = f"/api/v1/keys/{made['id']}"
    assert admin.patch(home, json={"cap_usd": 2.5}).json()["cap_usd"] == 2.5
    assert admin.patch(home, json={"cap_usd": None}).json()["cap_usd"] is None
    for bad in (-1, 0, "NaN", "x"):
        assert admin.patch(home, json={"cap_usd": bad}).status_code == 422
    assert admin.delete(home).status_code == 204
    assert admin.delete(home).status_code == 409
    assert me(admin, **bearer(made["key"])) == "401"


def test_the_key_of_the_settings_does_all_and_is_nobodys_password(admin: TestClient) -> None:
    admin.cookies.clear()
    assert admin.get("/api/v1/users", headers=bearer(STATIC_KEY)).status_code == 200
    assert me(admin, **bearer(STATIC_KEY + "x")) == "401"
    assert admin.post("/account/password", headers=bearer(STATIC_KEY), data={"old": "x"}).status_code == 403


def test_what_was_done_is_told_in_pages(admin: TestClient) -> None:
    for number in range(3):
        admin.post("/api/v1/keys", json={"name": f"key {number}"})
    first = admin.get("/api/v1/audit", params={"size": 2}).json()
    rest = admin.get("/api/v1/audit", params={"cursor": first["next"]}).json()
    told = [one["subject"] for one in (*first["items"], *rest["items"])]
    assert told == ["key 2", "key 1", "key 0", "ann"]
    assert admin.get("/settings/audit", params={"by": "ann"}).text.count("key.add") == 3
    assert admin.get("/settings/audit.csv").text.splitlines()[1].split(",")[2:4] == ["ann", "key.add"]
    assert admin.get("/settings/audit.json", params={"by": "bob"}).json() == []


def test_names_that_look_like_markup_or_formulas_stay_words(admin: TestClient) -> None:
    name = "=<script>alert(1)</script>"
    admin.post("/settings/keys", data={"name": name})
    for path in ("/settings/keys", "/settings/audit"):
        assert "<script>alert" not in admin.get(path).text
    assert f"'{name}" in admin.get("/settings/keys.csv").text


def test_no_secret_is_logged_or_shown_again(admin: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = role_key(admin, "run")
    token = admin.post("/api/v1/auth/login", json=ANN).json()["access_token"]
    login(admin, password="a wrong one")
    login(admin)
    secrets = (PASSWORD, "a wrong one", key, token, admin.cookies["loom_session"], STATIC_KEY)
    for path in (
        "/settings/keys",
        "/settings/users",
        "/settings/audit",
        "/api/v1/keys",
        "/api/v1/audit",
        "/account",
    ):
        caplog.clear()
        shown = admin.get(path).text + admin.get(path, headers=bearer(key)).text + caplog.text
        assert not [secret for secret in secrets if secret in shown]
