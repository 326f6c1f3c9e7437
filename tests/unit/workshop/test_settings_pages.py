"""The pages of the settings: endpoints, tiers, retention, system."""

import re
from html import unescape

import pytest

from loom.access.audit import noted
from loom.access.models import LOCAL

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
    assert " data-unsaved>" in page  # what is left now is asked about, and kept as a draft
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


async def test_a_removed_endpoint_is_put_back_from_the_list_too(visitor, added) -> None:
    here = await added()
    assert "Put it back" not in (await visitor.get(HOME)).text
    await visitor.post(f"{here}/remove")
    assert re.search(rf'action="{here}/restore".*Put it back', (await visitor.get(HOME)).text)
    await added(url="http://127.0.0.1:10/v1")
    page = (await visitor.post(f"{here}/restore", 409)).text
    assert "there is an endpoint &#39;mock&#39; already" in page
    assert "Put it back" in page


async def test_one_that_is_asked_stays_on_its_page_until_something_else_is_asked(visitor, added) -> None:
    here = await added()
    await visitor.json("PUT", "/api/v1/tiers", {"local": "mock/m", "default": "mock"})
    page = (await visitor.post(f"{here}/remove", 409)).text
    assert "&#39;mock&#39; is where local and default lead to" in page
    assert value_of(page, "url") == FORM["url"]
    assert 'href="/settings/tiers"><span>Tiers' in page
    fields = re.search(r'name="(instead)" value="(simulated)"', page)
    gone = await visitor.post(f"{here}/remove", **{fields[1]: fields[2]})
    assert gone.headers["location"].startswith(f"{HOME}?removed=")
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] == "simulated"


async def test_tiers_come_back_with_an_endpoint_but_those_that_were_set_elsewhere_since(
    visitor, added
) -> None:
    here = await added()
    led = {"local": "mock/m", "frontier": "mock/m", "default": "mock"}
    await visitor.json("PUT", "/api/v1/tiers", led)
    await visitor.post(f"{here}/remove", instead="simulated")
    await visitor.json("PUT", "/api/v1/tiers", {"frontier": "simulated/sim-large"})
    await visitor.post(f"{here}/restore")
    tiers = await visitor.json("GET", "/api/v1/tiers")
    assert {name: tiers[name] for name in led} == {**led, "frontier": "simulated/sim-large"}


async def test_an_endpoint_stays_when_what_is_to_be_asked_instead_is_not_there(visitor, added) -> None:
    here = await added()
    await visitor.json("PUT", "/api/v1/tiers", {"local": "mock/m"})
    await visitor.post(f"{here}/remove", 400, instead="nobody")
    await visitor.get(here)
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] == "mock/m"


async def test_a_test_of_a_form_that_is_wrong_says_all_that_is_wrong_by_its_labels(visitor) -> None:
    form = {
        "label": "my gateway!",
        "url": "localhost:8097",
        "header-0-name": "X-Team",
        "header-0-value": "a",
        "header-2-name": "Authorization",
        "header-2-value": "sk-very-secret",
        "price-0-model": "gpt-4.1",
        "price-0-input": "dear",
        "price-0-output": "1",
    }
    page = (await visitor.post(f"{HOME}/new/test", 200, **form)).text
    told = re.findall(r"<p>([^<]*)</p>", page.partition('id="trial"')[2].replace("&#39;", "'"))
    assert [one.partition(";")[0] for one in told[:4]] == [
        "Name is not a name (got 'my gateway!')",
        "Address is not an http or https address (got 'localhost:8097')",
        "Header carries a key (got 'Authorization')",
        "Input must be USD per million tokens, 1000000 at most (got 'dear')",
    ]
    assert "sk-very-secret" not in str(told)
    assert page.count('aria-invalid="true"') == 4


async def test_all_that_is_wrong_with_one_field_is_said_at_it(visitor) -> None:
    form = {**FORM, "models": "one\tmodel\nfine\nother\tmodel"}
    page = unescape((await visitor.post(HOME, 400, **form)).text)
    told = page.partition('name="models"')[2].partition("field-problem")[2].partition("</p>")[0]
    assert told.count("is no name of a model") == 2
    assert [word in told for word in ("one\\tmodel", "other\\tmodel")] == [True, True]


async def test_what_few_need_is_folded_until_it_holds_something_or_is_wrong(visitor, added) -> None:
    def opened(page: str) -> list[str]:
        return re.findall(r'<details class="fold" open><summary>(\w+)', page)

    assert opened((await visitor.get(f"{HOME}/new")).text) == []
    here = await added(models="a")
    assert opened((await visitor.get(here)).text) == ["Models"]
    assert opened((await visitor.post(HOME, 400, **FORM, max_concurrent="-3")).text) == ["Limits"]


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


async def test_tiers_are_saved_by_their_button_alone(visitor) -> None:
    page = (await visitor.get("/settings/tiers")).text
    assert '<option value="simulated/sim-small">' in page
    assert "hx-" not in page.partition("<form method")[2].partition("</form>")[0]
    done = await visitor.post("/settings/tiers", local="simulated/sim-large")
    assert ">Saved<" in (await visitor.get(done.headers["location"])).text
    refused = (await visitor.post("/settings/tiers", 400, local="simulated/sim-huge", standard="/x")).text
    assert value_of(refused, "local") == "simulated/sim-huge"
    assert "does not name an endpoint and a model" in refused
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] == "simulated/sim-large"
    await visitor.post("/settings/tiers", local="")
    assert (await visitor.json("GET", "/api/v1/tiers"))["local"] is None


async def test_a_tier_that_leads_to_a_model_nobody_lists_is_saved_with_a_warning(
    visitor, added, listening
) -> None:
    listening.listed = ["alpha-8b", "beta-70b"]
    await added(url=listening.url)
    await visitor.post("/settings/tiers", local="mock/alpha-8", standard="mock/beta-70b")
    page = (await visitor.get("/settings/tiers")).text
    assert page.count("mock lists no model") == 1
    assert "&#39;alpha-8&#39;, and &#39;local&#39; asks it for that. Did you mean mock/alpha-8b?" in page
    listening.listed.append("alpha-8")
    assert "lists no model" not in (await visitor.get("/settings/tiers")).text


async def test_retention_is_saved_refused_and_carried_out(visitor) -> None:
    here = "/settings/retention"
    await visitor.post(here, retention_test_days="7", retention_run_days="")
    page = (await visitor.get(here)).text
    assert value_of(page, "retention_test_days") == "7"
    assert "hx-" not in page.partition("<form method")[2].partition("</form>")[0]
    refused = (await visitor.post(here, 400, retention_test_days="soon")).text
    assert "must be a number of days from 1 to 36500" in refused
    done = await visitor.post(f"{here}/prune")
    assert "0 tests and 0 runs deleted." in (await visitor.get(done.headers["location"])).text


async def test_a_shorter_period_says_what_goes_and_holds_once_that_is_agreed_to(visitor, application) -> None:
    services, here = application.state.services, "/settings/retention"
    long_ago = services.clock.now_us() - 5 * 24 * 3600 * 1_000_000
    await services.database.writer.commit(noted(LOCAL, "worker.save", "classifier", long_ago))

    async def kept() -> str | None:
        return value_of((await visitor.get(here)).text, "retention_audit_days")

    asked = (await visitor.post(here, 409, retention_audit_days="4")).text
    assert "Save, and delete 0 tests, 0 runs and 1 audit entry" in asked
    assert (value_of(asked, "retention_audit_days"), await kept()) == ("4", "1095")
    agreed = re.search(r'name="agreed" value="([^"]*)"', asked)[1]
    await visitor.post(here, 409, retention_audit_days="3", agreed=agreed)
    await visitor.post(here, retention_audit_days="4", agreed=agreed)
    await visitor.post(here, retention_audit_days="3")
    assert await kept() == "3"
    assert (await visitor.get("/settings/audit.csv")).text.count("setting.change") == 2


async def test_the_system_looks_at_everything_when_asked(visitor) -> None:
    assert "tier standard" not in (await visitor.get("/settings/system")).text
    found = await visitor.client.post("/settings/system", headers=FRAGMENT)
    assert found.text.strip().startswith('<div id="findings"')
    assert "tier standard" in found.text
    assert "All is well" in found.text
    visitor.write("workers/broken.yaml", "name: broken\nsystem_prompt: 3\n")
    found = await visitor.client.post("/settings/system", headers=FRAGMENT)
    assert "1 cannot be used: broken" in found.text


async def test_the_list_is_also_for_programs(visitor, added) -> None:
    await added()
    rows = (await visitor.get(f"{HOME}.json")).json()
    assert "mock" in str(rows)
    assert "mock" in (await visitor.get(f"{HOME}.csv")).text


async def test_names_that_look_like_code_are_shown_and_not_run(visitor) -> None:
    page = (await visitor.post(HOME, 400, **{**FORM, "label": "<script>alert(1)</script>"})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("cap", ["-1", "0", "NaN", "a lot", "1e400"])
async def test_a_cap_that_is_no_amount_is_refused_and_kept_in_the_form(visitor, cap: str) -> None:
    page = await visitor.post("/settings/keys", 400, name="nightly", cap_usd=cap)
    assert f'value="{cap}"' in page.text
    assert (await visitor.json("GET", "/api/v1/keys"))["items"] == []
