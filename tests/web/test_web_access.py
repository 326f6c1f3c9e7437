"""Coming in, and the settings about people, as a person sees them: set up, log in, add users, make keys, look back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conftest import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

PASSWORD = "a long way home"
PARTS = ("users", "keys", "access", "audit")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Workshop that has an administrator, two users, keys and something done."""
    import httpx

    folder = tmp_path_factory.mktemp("guarded")
    (folder / "configs" / "workers").mkdir(parents=True)
    with serving(folder) as address, httpx.Client(base_url=f"{address}/api/v1") as client:
        client.post("/auth/setup", json={"username": "ann", "password": PASSWORD}).raise_for_status()
        token = client.post("/auth/login", json={"username": "ann", "password": PASSWORD}).json()[
            "access_token"
        ]
        client.headers["Authorization"] = f"Bearer {token}"
        for name, role in (("bob", "run"), ("carla.with.a.long.name@example.com", "read")):
            body = {"username": name, "password": PASSWORD, "role": role}
            client.post("/users", json=body).raise_for_status()
        for name, cap in (("nightly evaluation", 2.5), ("a dashboard that only looks", None)):
            client.post("/keys", json={"name": name, "role": "run", "cap_usd": cap}).raise_for_status()
        yield address


@pytest.fixture
def inside(open_window: "Callable[..., Page]", guarded: str) -> "Callable[..., Page]":
    """Windows in which ann is logged in."""

    def window(**options: object) -> "Page":
        page = open_window(base_url=guarded, **options)
        log_in(page, "ann", PASSWORD)
        return page

    return window


def log_in(page: "Page", name: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/workers")


@pytest.mark.does("/setup")
def test_the_first_administrator_is_set_up_by_keyboard_alone(
    open_window: "Callable[..., Page]", empty_workshop
) -> None:
    page = open_window(base_url=empty_workshop.address)
    page.goto("/setup")
    page.get_by_label("User name").focus()
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/workers")
    page.goto("/settings/users")
    assert page.get_by_role("link", name="admin", exact=True).is_visible()


@pytest.mark.does("/login", "/logout")
def test_someone_logs_in_and_out_and_is_led_back(open_window: "Callable[..., Page]", guarded: str) -> None:
    page = open_window(base_url=guarded)
    page.goto("/settings/audit")
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/audit")
    page.get_by_role("banner").get_by_text("ann").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")


def test_a_wrong_password_keeps_the_name(
    open_window: "Callable[..., Page]", guarded: str, expected: list[str]
) -> None:
    expected.append("401")
    page = open_window(base_url=guarded)
    page.goto("/login")
    page.get_by_label("User name").fill("carla")
    page.get_by_label("Password").fill("a wrong one")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "The user name or the password is wrong"
    assert page.get_by_label("User name").input_value() == "carla"


@pytest.mark.does("/settings/keys", "/settings/keys/{key}/cap", "/settings/keys/{key}/revoke")
def test_a_key_is_made_copied_capped_and_revoked(inside: "Callable[..., Page]") -> None:
    page = inside()
    page.goto("/settings/keys")
    page.get_by_label("What it is for").fill("once")
    page.get_by_role("button", name="Make the key").click()
    assert page.locator("#new-key").inner_text().startswith("loom_")
    page.get_by_role("link", name="once").click()
    page.locator(".panel").get_by_label("Spending cap in USD").fill("1.25")
    page.locator(".panel").get_by_role("button", name="Save").click()
    assert page.get_by_role("row", name="once").get_by_text("$1.25").is_visible()
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke once").click()
    assert page.get_by_role("row", name="once").get_by_text("revoked").is_visible()


@pytest.mark.does("/settings/users", "/settings/users/{user}/role", "/settings/users/{user}/remove")
def test_a_user_is_added_changed_and_removed(inside: "Callable[..., Page]") -> None:
    page = inside()
    page.goto("/settings/users")
    page.get_by_label("User name").fill("dora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add the user").click()
    page.get_by_role("link", name="dora").click()
    page.locator(".panel").get_by_label("May").select_option("read")
    page.locator(".panel").get_by_role("button", name="Save").click()
    assert page.get_by_role("row", name="dora").get_by_text("read").is_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove dora").click()
    page.wait_for_url("**/settings/users")
    assert page.get_by_role("link", name="dora").count() == 0


def test_what_someone_did_is_found_while_one_types(inside: "Callable[..., Page]") -> None:
    page = inside()
    page.goto("/settings/audit")
    page.get_by_label("Of one user or key").fill("nobody")
    page.wait_for_url("**/settings/audit?by=nobody")
    assert (
        page.get_by_text("login.failed").first.is_visible()
        or page.get_by_text("Nothing was done yet").is_visible()
    )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_fits_and_is_accessible(
    inside: "Callable[..., Page]", part: str, width: int, theme: str, axe, overflow, shot: Callable[..., Path]
) -> None:
    page = inside(width=width, theme=theme)
    page.goto(f"/settings/{part}")
    assert overflow(page) == 0
    assert axe(page) == []
    shot(page, f"settings-{part}-{width}-{theme}")


@pytest.mark.parametrize("part", ["users", "keys"])
def test_an_opened_row_fits_and_is_accessible(
    inside: "Callable[..., Page]", part: str, width: int, axe, overflow, shot: Callable[..., Path]
) -> None:
    page = inside(width=width)
    page.goto(f"/settings/{part}")
    page.get_by_role("link", name="bob" if part == "users" else "nightly evaluation").click()
    page.locator(".panel").wait_for()
    assert overflow(page) == 0
    assert axe(page) == []
    shot(page, f"settings-{part}-open-{width}")


@pytest.mark.parametrize("path", ["/login", "/setup", "/account"])
def test_the_entrance_fits_and_is_accessible(
    open_window: "Callable[..., Page]",
    inside: "Callable[..., Page]",
    request: pytest.FixtureRequest,
    path: str,
    *,
    width: int,
    theme: str,
    axe,
    overflow,
    shot: Callable[..., Path],
) -> None:
    if path == "/account":
        page = inside(width=width, theme=theme)
    else:
        address = (
            request.getfixturevalue("guarded")
            if path == "/login"
            else request.getfixturevalue("workshop").address
        )
        page = open_window(width=width, theme=theme, base_url=address)
    page.goto(path)
    assert overflow(page) == 0
    assert axe(page) == []
    shot(page, f"{path[1:]}-{width}-{theme}")


@pytest.mark.does("/settings/access")
def test_guests_are_let_in_and_shut_out(inside: "Callable[..., Page]", open_window, guarded: str) -> None:
    page, guest = inside(), open_window(base_url=guarded)
    for allowed in (True, False):
        page.goto("/settings/access")
        page.get_by_label("Guests").set_checked(allowed)
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved").wait_for()
        guest.goto("/workers")
        assert guest.url.endswith("/workers") == allowed


@pytest.mark.does("/settings/users/{user}/password", "/account/password", "/logout/everywhere")
def test_a_password_is_given_changed_and_every_window_shut(
    inside: "Callable[..., Page]", open_window, guarded: str
) -> None:
    page = inside()
    page.goto("/settings/users")
    page.get_by_role("link", name="bob").click()
    page.locator(".panel").get_by_label("New password").fill("given by ann")
    page.locator(".panel").get_by_role("button", name="Set the password").click()
    own = open_window(base_url=guarded)
    log_in(own, "bob", "given by ann")
    own.goto("/account")
    own.get_by_label("Password now").fill("given by ann")
    own.get_by_label("New password").fill("chosen by bob")
    own.get_by_role("button", name="Change the password").click()
    own.get_by_text("The password is changed.").wait_for()
    own.get_by_role("button", name="Log out everywhere").click()
    own.goto("/workers")
    own.wait_for_url("**/login*")
