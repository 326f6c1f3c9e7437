"""The pages of the settings: endpoints, tiers, retention, system."""

import re

import pytest

FORM = {"label": "mock", "url": "http://127.0.0.1:9/v1", "enabled": "true"}
HOME = "/settings/endpoints"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def added(visitor):
    async def add(**form: str) -> str:
        """The address of a new endpoint's page."""
        answer = await visitor.post(HOME, **{**FORM, **form})
        return answer.headers["location"].partition("?")[0]

    return add


def value_of(page: str, name: str) -> str | None:
    """What stands in a field."""
    tag = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag)
    found = re.search(r' value="([^"]*)"', tag)
    return found[1] if found else None


async def test_the_settings_begin_with_endpoints(visitor) -> None:
    assert (await visitor.get("/settings", 303)).headers["location"] == HOME
    page = (await visitor.get(HOME)).text
    assert "simulated" in page
    assert 'aria-current="page">Endpoints' in page


async def test_an_endpoint_is_added_by_a_form_and_its_page_shows_no_key(visitor, added) -> None:
    here = await added(
        api_key="sk-very-secret", **{"price-0-model": "m", "price-0-input": "0.25", "price-0-output": "1"}
    )
    page = (await visitor.get(here)).text
    assert "sk-very" not in page
    assert (value_of(page, "label"), value_of(page, "price-0-input")) == ("mock", "0.25")
    assert value_of(page, "api_key") is None
    assert "kept here, encrypted" in (await visitor.get(HOME)).text


async def test_a_form_that_changes_nothing_keeps_everything(visitor, added) -> None:
    here = await added(
        api_key="sk-very-secret",
        models="a\nb",
        max_concurrent="4",
        **{"price-0-model": "a", "price-0-input": "1", "price-0-output": "2"},
    )
    name = here.rpartition("/")[2]
    before = await visitor.json("GET", f"/api/v1/endpoints/{name}")
    page = (await visitor.get(here)).text
    names = set(re.findall(r'<input[^>]* name="([^"]+)"', page)) - {"api_key", "enabled", "drop_key"}
    form = {field: value_of(page, field) or "" for field in names}
    await visitor.post(here, **form, enabled="true", kind="openai", models="a\nb")
    after = await visitor.json("GET", f"/api/v1/endpoints/{name}")
    assert after.pop("revision") == before.pop("revision") + 1
    before.pop("updated_at"), after.pop("updated_at")
    assert after == before


async def test_a_refused_form_keeps_what_was_typed_and_says_why_at_the_field(visitor) -> None:
    page = (await visitor.post(HOME, 400, **{**FORM, "url": "nowhere", "max_concurrent": "-3"})).text
    assert (value_of(page, "url"), value_of(page, "max_concurrent")) == ("nowhere", "-3")
    assert "is not an http or https address" in page
    assert "must be a positive whole number" in page
    page = (await visitor.post(HOME, 400, **{**FORM, "price-0-model": "m", "price-0-input": "dear"})).text
    assert value_of(page, "price-0-input") == "dear"


async def test_a_changed_address_drops_a_variable_that_only_stood_there(visitor, added) -> None:
    here = await added(api_key_env="LLM_SOME")
    page = (await visitor.get(here)).text
    assert value_of(page, "api_key_env") == "LLM_SOME"
    await visitor.post(here, **{**FORM, "url": "http://elsewhere.example", "api_key_env": "LLM_SOME"})
    assert value_of((await visitor.get(here)).text, "api_key_env") == ""


async def test_of_two_who_change_an_endpoint_the_second_is_told(visitor, added) -> None:
    here = await added()
    await visitor.post(here, **FORM, base="1", models="first")
    page = (await visitor.post(here, 409, **FORM, base="1", models="second")).text
    assert "someone else changed this endpoint meanwhile" in page
    assert "second" in page


async def test_a_removed_endpoint_comes_back_with_undo(visitor, added) -> None:
    here = await added()
    gone = await visitor.post(f"{here}/remove")
    page = (await visitor.get(gone.headers["location"])).text
    assert f'action="{here}/restore"' in page
    assert "Undo" in page
    await visitor.get(here, 404)
    assert (await visitor.post(f"{here}/restore")).headers["location"] == here
    await visitor.get(here)


@pytest.mark.parametrize("path", [f"{HOME}/simulated/test", f"{HOME}/new/test"])
async def test_a_test_answers_with_the_page_or_with_its_part(visitor, path) -> None:
    form = {**FORM, "label": "Somebody"}
    whole = await visitor.post(path, 200, **form)
    part = await visitor.client.post(path, data=form, headers=FRAGMENT)
    assert "<html" in whole.text
    assert part.text.strip().startswith('<div id="trial"')
    assert "<html" not in part.text
    said = "Answered in" if "simulated" in path else "It cannot be used."
    assert said in whole.text
    assert said in part.text


async def test_a_test_of_a_form_sends_a_kept_key_to_its_own_address_only(visitor, added, listening) -> None:
    here = await added(url=listening.url, api_key="sk-very-secret")
    listening.shown.clear()
    said = {**FORM, "url": listening.url}
    assert "1 model" in (await visitor.post(f"{here}/test", 200, **said)).text
    elsewhere = listening.url.replace("127.0.0.1", "localhost")
    await visitor.post(f"{here}/test", 200, **{**said, "url": elsewhere})
    await visitor.post(f"{here}/test", 200, **said, api_key="sk-typed-only")
    assert listening.shown == ["Bearer sk-very-secret", None, "Bearer sk-typed-only"]


async def test_tiers_are_saved_at_once_and_say_so(visitor) -> None:
    page = (await visitor.get("/settings/tiers")).text
    assert '<option value="simulated/sim-small">' in page
    part = await visitor.client.post(
        "/settings/tiers", data={"local": "simulated/sim-large"}, headers=FRAGMENT
    )
    assert re.search(r"Saved \d\d:\d\d", part.text)
    assert (
        (await visitor.post("/settings/tiers", local="simulated/sim-large"))
        .headers["location"]
        .endswith("saved=1")
    )
    refused = (await visitor.post("/settings/tiers", 400, local="simulated/sim-huge", standard="/x")).text
    assert value_of(refused, "local") == "simulated/sim-huge"
    assert "does not name an endpoint and a model" in refused
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] == "simulated/sim-large"
    await visitor.post("/settings/tiers", local="")
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] is None


async def test_retention_is_saved_refused_and_carried_out(visitor) -> None:
    here = "/settings/retention"
    await visitor.post(here, retention_test_days="7", retention_run_days="")
    assert value_of((await visitor.get(here)).text, "retention_test_days") == "7"
    refused = (await visitor.post(here, 400, retention_test_days="soon")).text
    assert "must be a number of days from 1 to 36500" in refused
    done = await visitor.post(f"{here}/prune")
    assert "0 tests and 0 runs deleted." in (await visitor.get(done.headers["location"])).text


async def test_the_system_looks_at_everything_when_asked(visitor) -> None:
    assert "tier standard" not in (await visitor.get("/settings/system")).text
    found = await visitor.client.post("/settings/system", headers=FRAGMENT)
    assert found.text.strip().startswith('<div id="findings"')
    assert "tier standard" in found.text
    assert "All is well" in found.text


async def test_the_list_is_also_for_programs(visitor, added) -> None:
    await added()
    rows = (await visitor.get(f"{HOME}.json")).json()
    assert "mock" in str(rows)
    assert "mock" in (await visitor.get(f"{HOME}.csv")).text


async def test_names_that_look_like_code_are_shown_and_not_run(visitor) -> None:
    page = (await visitor.post(HOME, 400, **{**FORM, "label": "<script>alert(1)</script>"})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
