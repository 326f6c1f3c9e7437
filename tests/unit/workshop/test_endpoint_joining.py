"""What becomes of workers that name nothing when an endpoint is saved: said on its page, and never taken over blindly."""

import asyncio
import re

import pytest

HOME = "/settings/endpoints"
DEAD = "http://127.0.0.1:9/v1"


@pytest.fixture
def saved(visitor):
    async def save(**form: str) -> tuple[str, str]:
        """The address of a new endpoint's page, and what it says once saved."""
        answer = await visitor.post(HOME, **{"label": "mock", "enabled": "true", **form})
        where = answer.headers["location"]
        return where.partition("?")[0], (await visitor.get(where)).text

    return save


@pytest.fixture
def asked(visitor):
    async def of(worker: str = "classifier") -> tuple[str, str]:
        """The endpoint and the model that a test of a worker is put to."""
        body = {"worker": worker, "input": {"text": "Where is my parcel?"}}
        done = await visitor.json("POST", "/api/v1/tests", body, 201)
        return done["endpoint"], done["model"]

    return of


def button(page: str, label: str) -> tuple[str, dict[str, str]]:
    """Where a button of the page posts to, and what."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if label in one)
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return re.search(r'action="([^"]+)"', form)[1], dict(fields)


async def test_one_that_answers_with_one_model_is_asked_and_says_by_whom(visitor, saved, listening) -> None:
    _, page = await saved(url=listening.url)
    assert "From now on workers of tier local, standard and frontier ask mock, model m." in page
    assert "Answered in" in page
    where, fields = button(page, "Go on asking simulated")
    back = await visitor.post(where, **fields)
    assert (
        "mock answers. Workers go on asking simulated." in (await visitor.get(back.headers["location"])).text
    )
    assert (await visitor.json("GET", "/api/v1/tiers"))["default"] == "simulated"


async def test_one_with_the_simulated_models_says_which_of_them_each_tier_asks(
    visitor, saved, asked, listening
) -> None:
    listening.listed = ["sim-small", "sim-medium", "sim-large"]
    _, page = await saved(url=listening.url)
    assert "From now on workers of tier local ask mock, model sim-small; workers of tier standard ask" in page
    assert "or they are refused" not in page


async def test_one_that_wants_a_key_says_where_it_goes(visitor, saved, listening) -> None:
    listening.refusal = "Incorrect API key provided."
    _, page = await saved(url=listening.url)
    assert "answered 401: Incorrect API key provided; it asks for a key: put one in the endpoint" in page
    tried = await visitor.post(f"{HOME}/new/test", 200, label="other", url=listening.url, api_key="sk-wrong")
    assert "answered 401: Incorrect API key provided; check the key in the form<" in tried.text


async def test_one_that_does_not_answer_takes_nothing_over(visitor, saved, asked) -> None:
    here, page = await saved(url=DEAD)
    assert "mock is saved, and does not answer: workers go on asking simulated." in page
    assert "Connection refused" in page
    assert "does not answer" in (await visitor.get(HOME)).text
    assert "No tier leads to it" in page
    assert "No real model is asked" in page
    assert await asked() == ("simulated", "sim-small")
    where, fields = button(page, "Ask it all the same")
    await visitor.post(where, **fields)
    assert "Workers of tier local, standard and frontier ask mock" in (await visitor.get(here)).text


async def test_one_with_several_models_takes_nothing_over_until_one_is_chosen(
    visitor, saved, asked, listening
) -> None:
    listening.listed = ["big", "small"]
    here, page = await saved(url=listening.url)
    assert "Workers go on asking simulated, until you choose a model below." in page
    assert '<option value="mock/small">' in page
    assert (await asked())[0] == "simulated"
    await visitor.post(f"{here}/default", default="mock/small")
    assert (
        "Workers of tier local, standard and frontier ask mock, model small."
        in (await visitor.get(here)).text
    )
    refused = await visitor.client.post(f"{here}/default", data={"default": "nobody/x"})
    assert (refused.status_code, "use mock or simulated" in refused.text) == (400, True)


async def test_a_second_one_leaves_the_first_as_it_is(visitor, saved, listening) -> None:
    await saved(url=listening.url)
    _, page = await saved(url=DEAD, label="second")
    assert "does not answer: workers go on asking mock." in page
    assert (await visitor.json("GET", "/api/v1/tiers"))["default"] is None


async def test_one_that_is_asked_and_stops_answering_stays_and_says_so(visitor, saved, listening) -> None:
    here, _ = await saved(url=listening.url)
    moved = await visitor.post(here, label="mock", enabled="true", url=DEAD)
    page = (await visitor.get(moved.headers["location"])).text
    assert "mock does not answer, and workers of tier local, standard and frontier ask it." in page
    where, fields = button(page, "Ask simulated meanwhile")
    await visitor.post(where, **fields)
    assert (await visitor.json("GET", "/api/v1/tiers"))["default"] == "simulated"


async def test_one_that_is_off_is_not_tried_and_becomes_the_first_only_once_it_answers(
    visitor, saved, asked, listening
) -> None:
    here, page = await saved(url=listening.url, enabled="")
    assert listening.shown == []
    assert "It is off: nobody asks it." in page
    await visitor.post(here, label="mock", enabled="true", url=DEAD)
    assert (await asked())[0] == "simulated"


async def test_a_change_on_an_older_picture_is_refused_and_changes_no_tier(visitor, saved, listening) -> None:
    here, _ = await saved(url=listening.url, enabled="")
    await visitor.post(here, label="mock", url=listening.url, base="1")
    await visitor.post(here, 409, label="mock", enabled="true", url=DEAD, base="1")
    assert (await visitor.json("GET", "/api/v1/tiers"))["default"] is None


async def test_rest_adds_without_a_test_and_says_who_asks_it(visitor, listening) -> None:
    body = {"label": "mock", "url": listening.url, "api_key": "x"}
    made = await visitor.json("POST", "/api/v1/endpoints", body, 201)
    assert (made["asked_by"], listening.shown) == (["local", "standard", "frontier"], [])
    await visitor.json("PUT", "/api/v1/tiers", {"default": "simulated", "local": "mock"})
    listed = (await visitor.json("GET", "/api/v1/endpoints"))["items"]
    assert {one["label"]: one["asked_by"] for one in listed} == {
        "mock": ["local"],
        "simulated": ["standard", "frontier"],
    }


async def test_a_test_of_one_that_cannot_be_reached_says_so_within_seconds(visitor) -> None:
    await visitor.json("POST", "/api/v1/endpoints", {"label": "mock", "url": DEAD}, 201)
    body = {"worker": "classifier", "input": {"text": "x"}, "endpoint": "mock", "model": "m"}
    async with asyncio.timeout(10):
        told = await visitor.json("POST", "/api/v1/tests", body, 502)
    assert told["error"]["type"] == "endpoint_down"
    assert "mock was tried 3 times: http://127.0.0.1:9/v1 cannot be reached" in told["error"]["message"]


@pytest.mark.parametrize("name", ["my ep", "a/b", "x" * 61, "Simulated", "-a", "a\nb", "<b>"])
async def test_a_name_is_held_to_one_rule_wherever_it_is_given(visitor, name) -> None:
    body = {"label": name, "url": DEAD}
    refused = (await visitor.json("POST", "/api/v1/endpoints", body, 400))["error"]["problems"][0]
    assert refused["field"] == "label"
    assert refused["value"] == name[:80]
    assert refused["remedy"]
    assert (await visitor.client.post(HOME, data=body)).status_code == 400


async def test_enter_in_the_form_saves(visitor) -> None:
    """A browser presses the first button of the form that sends it."""
    page = (await visitor.get("/settings/endpoints/new")).text
    form = page.partition('data-draft="endpoint"')[2].partition("</form>")[0]
    sending = [one for one in re.findall(r"<button[^>]*>[^<]*", form) if 'type="button"' not in one]
    assert sending[0].endswith(">Save")
