"""How lists are asked for: one word for the size of a page, and ids that are junk or that nothing has."""

import pytest

from loom.core.ids import new_id, text

LISTS = ("baselines", "evaluations", "jobs", "runs", "suites", "tests", "workers", "pipelines")
ONES = ("evaluations", "jobs", "runs", "tests")
BODY = {"worker": "classifier", "suite": "classifier", "limit": 3}


@pytest.fixture
async def run(visitor) -> str:
    for model in ("sim-small", "sim-medium", "sim-large"):
        opened = await visitor.json("POST", "/api/v1/evaluations", {**BODY, "model": model}, 201)
        await visitor.get(f"/events/job:{opened['job']}")  # which ends with it
    return opened["id"]


@pytest.mark.parametrize("noun", LISTS)
async def test_every_list_answers_alike(visitor, noun: str) -> None:
    found = await visitor.json("GET", f"/api/v1/{noun}")
    assert {"items", "next"} <= found.keys()


@pytest.mark.parametrize("noun", [noun for noun in LISTS if noun != "baselines"])
async def test_no_list_gives_more_than_a_thousand_at_once(visitor, noun: str) -> None:
    await visitor.json("GET", f"/api/v1/{noun}?size=1000")
    for size in ("0", "1001", "x"):
        told = await visitor.json("GET", f"/api/v1/{noun}?size={size}", status=422)
        assert told["error"]["problems"][0]["field"] == "size"


@pytest.mark.parametrize("path", ["evaluations", "jobs", "runs", "workers", "suites", "runs/{run}/cases"])
async def test_a_list_is_read_two_at_a_time(visitor, run: str, path: str) -> None:
    here = f"/api/v1/{path.format(run=run)}"
    whole = (await visitor.json("GET", here))["items"]
    first = await visitor.json("GET", f"{here}?size=2")
    rest = await visitor.json("GET", f"{here}?size=1000&cursor={first['next']}")
    assert len(whole) > 2
    assert [*first["items"], *rest["items"]] == whole


@pytest.mark.parametrize("path", ["/runs", "/jobs", "/runs/{run}", "/suites/classifier"])
async def test_pages_have_as_many_rows_as_asked_and_their_links_keep_it(visitor, run: str, path: str) -> None:
    page = (await visitor.get(f"{path.format(run=run)}?size=2")).text
    assert page.partition(" data-rows")[2].count(" data-row") == 2
    assert "Next 2</a>" in page
    following = page.partition('rel="next" href="')[2].partition('"')[0]
    assert "size=2" in following


@pytest.mark.parametrize("noun", ONES)
async def test_junk_is_no_id_and_an_id_that_nothing_has_is_not_there(visitor, noun: str) -> None:
    for spelt, status in (("nope", 400), ("zz" * 16, 400), (text(new_id()), 404)):
        told = await visitor.json("GET", f"/api/v1/{noun}/{spelt}", status=status)
        assert told["error"]["message"]
        assert told["error"]["type"] == ("usage" if status == 400 else "not_found")


@pytest.mark.parametrize("back", ["²", "x", "-1", "9" * 30])
async def test_a_run_so_far_back_that_it_is_no_number_is_told(visitor, back: str) -> None:
    told = await visitor.json("GET", f"/api/v1/runs/last~{back}", status=400)
    assert "is no run" in told["error"]["message"]


@pytest.mark.parametrize("noun", ["suites", "workers", "pipelines"])
async def test_a_name_that_nothing_has_is_not_there(visitor, noun: str) -> None:
    told = await visitor.json("GET", f"/api/v1/{noun}/nobody", status=404)
    assert "nobody" in told["error"]["message"]


async def test_a_baseline_is_of_a_run_that_is_there(visitor) -> None:
    await visitor.json("POST", "/api/v1/baselines", {"run": "nope"}, 400)
    await visitor.json("POST", "/api/v1/baselines", {"run": text(new_id())}, 404)
    await visitor.json("DELETE", "/api/v1/baselines/nobody/nothing", status=404)
