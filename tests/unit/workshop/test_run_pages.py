"""The pages of runs: the list, a run with its cases, a case, and what is done with them."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from msgspec import structs

from loom.access.models import LOCAL
from loom.core.jsonvalue import JsonValue
from loom.core.worker_config import load_worker
from loom.evaluation.models import Case, Suite
from loom.evaluation.reading.filters import parse_filter
from loom.evaluation.running.service import Wish
from loom.worker.target import target_of
from loom.workshop.pages.addresses import cases_address

if TYPE_CHECKING:
    from loom.wiring.app import App

WORKER = """\
schema: loom/v1
name: sorter
system_prompt: |
  Sort the text. Answer with JSON {"category": "billing" | "technical" | "other"}.
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema:
  type: object
  required: [category]
  properties: {category: {type: string, enum: [billing, technical, other]}}
default_model_tier: local
"""
EVIL = '<script>alert("x")</script>'
SUITE = Suite(
    "mails",
    (
        Case(
            "bill",
            {"text": "My invoice is wrong, I was charged twice."},
            {"category": "billing"},
            tags=("money",),
        ),
        Case("crash", {"text": "The app crashes when I open it."}, {"category": "technical"}),
        Case("wrong", {"text": "An invoice, please."}, {"category": "technical"}, tags=("money",)),
        Case("evil", {"text": EVIL}, {"category": "other"}),
        Case("broken", {"word": 1}, {"category": "other"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Runs:
    """Two runs of one suite, by their ids."""

    small: str
    large: str


@pytest.fixture
async def runs(visitor, application: FastAPI) -> Runs:
    path = visitor.write("workers/sorter.yaml", WORKER)
    app: App = application.state.services
    return Runs(*[await run(app, path, model) for model in ("sim-small", "sim-large")])


async def run(app: "App", path: Path, model: str, *scorers: JsonValue) -> str:
    route = await app.endpoints.route(model=model)
    wish = Wish("sorter", target_of(load_worker(path)), SUITE, route, scorers=scorers)
    await (await app.evaluations.work(await app.evaluations.open(wish, LOCAL))).run()
    return wish.run.hex()


async def test_the_list_shows_every_run_with_its_rate(visitor, runs: Runs) -> None:
    page = (await visitor.get("/runs")).text
    assert runs.small[-8:] in page
    assert runs.large[-8:] in page
    assert "95 % interval" in page
    found = (await visitor.get("/runs.json?model=sim-large")).json()["items"]
    assert [one["id"] for one in found] == [runs.large]
    assert found[0]["n"] == 5


async def test_filters_of_the_list_are_in_its_links_and_nothing_found_says_so(visitor, runs: Runs) -> None:
    page = (await visitor.get("/runs?model=sim-small&sort=worker")).text
    assert "model=sim-small&amp;sort=-worker" in page
    assert "No run is like that" in (await visitor.get("/runs?q=nowhere")).text


async def test_a_run_shows_its_rate_its_parts_and_its_cases(visitor, runs: Runs) -> None:
    page = (await visitor.get(f"/runs/{runs.large}")).text
    assert "sorter" in page
    for label in ("pass rate", "Mean score", "Where it stands", "Weighted score", "1 errored"):
        assert label in page
    assert re.search(r"Errored <b>1</b>", page)
    assert EVIL not in page
    await visitor.get(f"/workers/other/eval/{runs.large}", 404)


async def test_a_script_gets_only_the_cases(visitor, runs: Runs) -> None:
    asked = {"HX-Request": "true", "HX-Target": "cases"}
    part = (await visitor.get(f"/runs/{runs.large}?outcome=errored", headers=asked)).text
    assert part.strip().startswith('<section class="card" id="cases">')
    assert "broken" in part
    assert "crash" not in part


async def test_a_case_without_an_answer_has_no_time_and_no_price(visitor, runs: Runs) -> None:
    (row,) = (await visitor.get(f"/runs/{runs.large}/cases.json?q=broken&outcome=errored")).json()["items"]
    assert (row["latency_ms"], row["cost"]) == (None, None)
    assert "no answer came" in (await visitor.get(f"/runs/{runs.large}/cases/broken")).text


async def test_a_run_shows_the_version_it_was_made_with_not_one_that_was_put_back_later(
    visitor, application: FastAPI
) -> None:
    visitor.write("workers/sorter.yaml", WORKER)
    await visitor.get("/workers/sorter")
    body = {
        "worker": "sorter",
        "cases": [{"input": {"text": "Hello"}, "expected_output": {"category": "other"}}],
    }
    made = await visitor.json("POST", "/api/v1/evaluations", body, 201)
    await visitor.post("/workers/sorter", yaml_content=WORKER + "# changed\n")
    await visitor.post("/workers/sorter/restore", version="v1")
    assert "sorter v1 on" in (await visitor.get(f"/runs/{made['id'].replace('-', '')}")).text


async def test_weights_are_said_beside_the_rate(visitor, application: FastAPI) -> None:
    app: App = application.state.services
    path = visitor.write("workers/sorter.yaml", WORKER)
    heavy = replace(SUITE, cases=(structs.replace(SUITE.cases[0], weight=9.0), *SUITE.cases[1:]))
    route = await app.endpoints.route(model="sim-small")
    job = await app.evaluations.open(Wish("sorter", target_of(load_worker(path)), heavy, route), LOCAL)
    await (await app.evaluations.work(job)).run()
    run = (await app.reports.find("last")).id.hex()
    assert "n = 5, weighted" in (await visitor.get(f"/runs/{run}")).text


async def test_chips_count_what_the_filter_admits(visitor, runs: Runs) -> None:
    def numbers(page: str) -> dict[str, str]:
        return dict(re.findall(r'class="chip"[^>]*>(\w+) <b>(\d+)</b>', page))

    assert numbers((await visitor.get(f"/runs/{runs.large}")).text)["All"] == "5"
    page = (await visitor.get(f"/runs/{runs.large}?q=tag:money")).text
    assert numbers(page) == {"All": "2", "Passed": "0", "Failed": "2", "Errored": "0"}
    assert numbers((await visitor.get(f"/runs/{runs.large}?q=tag:money&outcome=passed")).text) == numbers(
        page
    )


async def test_a_case_opens_in_place_and_says_why_it_failed(visitor, runs: Runs) -> None:
    cases = (await visitor.get(f"/runs/{runs.large}/cases.json?q=name:wrong")).json()["items"]
    page = (await visitor.get(f"/runs/{runs.large}?open={cases[0]['id']}")).text
    assert 'aria-expanded="true"' in page
    assert "Field by field" in page
    assert "<ins>technical</ins>" in page
    assert "<del>billing</del>" in page


async def test_a_filter_that_cannot_be_understood_says_why_and_is_kept(visitor, runs: Runs) -> None:
    page = (await visitor.get(f"/runs/{runs.large}?q=scroe%3C0.5")).text
    assert 'role="alert"' in page
    assert 'value="scroe&lt;0.5"' in page


async def test_cases_are_data_too(visitor, runs: Runs) -> None:
    answer = await visitor.get(f"/runs/{runs.large}/cases.csv?sort=name")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0].startswith("id,case,result,input")
    assert len(lines) == 6
    report = (await visitor.get(f"/runs/{runs.large}.json")).json()
    assert report["pass_rate"]["attempted"] == 5


async def test_a_report_to_be_sent_around_is_saved_from_its_menu(visitor, runs: Runs) -> None:
    page = (await visitor.get(f"/runs/{runs.large}")).text
    [address] = re.findall(r'href="(/api/v1/runs/\w+/report\?format=html)"', page)
    answer = await visitor.get(address)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "field_match" in answer.text


async def test_a_case_has_a_page_with_what_was_said(visitor, runs: Runs) -> None:
    page = (await visitor.get(f"/runs/{runs.large}/cases/bill")).text
    assert "System prompt" in page
    assert "charged twice" in page
    await visitor.get(f"/runs/{runs.large}/cases/bill?repetition=7", 404)
    await visitor.get(f"/runs/{runs.large}/cases/nobody", 404)


async def test_what_a_person_says_of_an_output_is_kept_and_shown(visitor, runs: Runs) -> None:
    cases = (await visitor.get(f"/runs/{runs.large}/cases.json?q=name:wrong")).json()["items"]
    execution = cases[0]["id"]
    await visitor.post(
        f"/runs/{runs.large}/cases/wrong/rate", execution=execution, rating="pass", note="is right"
    )
    assert "pass: is right" in (await visitor.get(f"/runs/{runs.large}/cases/wrong")).text
    await visitor.post(f"/runs/{runs.large}/cases/wrong/rate", 400, execution=execution, rating="maybe")
    await visitor.post(f"/runs/{runs.large}/cases/bill/rate", 404, execution=execution, rating="pass")


@pytest.mark.parametrize(
    ("asked", "sent", "words"),
    [
        ({"scorer": "human_rating"}, "0.75", "4 stars"),
        ({"scorer": "human_rating", "scale": "thumbs"}, "1", "up"),
        ({"scorer": "human_rating", "scale": "share", "question": "Is it kind?"}, "1", "pass"),
    ],
)
async def test_people_rate_on_the_scale_that_the_scorer_sets(
    visitor, application: FastAPI, asked: dict[str, str], sent: str, words: str
) -> None:
    path = visitor.write("workers/sorter.yaml", WORKER)
    here = f"/runs/{await run(application.state.services, path, 'sim-large', asked)}/cases/wrong"
    page = (await visitor.get(here)).text
    assert f'<option value="{sent}">{words}</option>' in page
    assert asked.get("question", "Rating") in page
    [execution] = re.findall(r'name="execution" value="(\w+)"', page)
    await visitor.post(f"{here}/rate", execution=execution, rating=sent)
    assert re.search(rf">\s*{words}\s*<", (await visitor.get(here)).text)


async def test_a_run_becomes_the_baseline_that_others_are_compared_with(visitor, runs: Runs) -> None:
    answer = await visitor.post(f"/workers/sorter/eval/{runs.small}/promote-baseline", description="first")
    assert answer.headers["location"] == f"/workers/sorter/eval/{runs.small}"
    page = (await visitor.get(f"/runs/{runs.large}")).text
    assert "baseline" in page
    assert f"/compare?a={runs.small}&amp;b={runs.large}" in page
    await visitor.post(f"/workers/other/eval/{runs.small}/promote-baseline", 404)


async def test_stored_outputs_are_scored_once_more_and_asking_twice_opens_one_run(
    visitor, runs: Runs
) -> None:
    form = {"scorers": "- exact_match", "idempotency_key": "k1"}
    first = await visitor.post(f"/runs/{runs.large}/rescore", **form)
    again = await visitor.post(f"/runs/{runs.large}/rescore", **form)
    assert first.headers["location"] == again.headers["location"] != f"/runs/{runs.large}"


async def test_what_is_wrong_with_a_rescoring_stands_at_its_form(visitor, runs: Runs) -> None:
    refused = await visitor.post(
        f"/runs/{runs.large}/rescore", 400, scorers="- exact_mtch", judge_model="m-1"
    )
    assert "exact_match" in refused.text
    assert 'value="m-1"' in refused.text
    refused = await visitor.post(f"/runs/{runs.large}/rescore", 400, scorers="- exact_match", budget_usd="-3")
    assert re.search(r'name="budget_usd"[^>]*aria-invalid="true"', refused.text)
    refused = await visitor.post(f"/runs/{runs.large}/rescore", 400, scorers="exact_match")
    assert "is not a list" in refused.text


def test_a_tag_of_several_words_stays_one_term_in_the_address_of_its_cases() -> None:
    asked = parse_qs(urlsplit(cases_address(bytes(16), "tag", "two words")).query)
    [term] = parse_filter(asked["q"][0]).terms
    assert (term.field, term.text) == ("tag", "two words")


async def test_a_rescoring_that_is_refused_is_told_to_programs_as_json(visitor, runs: Runs) -> None:
    here, headers = f"/runs/{runs.large}/rescore", {"Accept": "application/json"}
    answer = await visitor.client.post(here, data={"scorers": "- exact_mtch"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "config")


async def test_a_key_that_stands_for_another_rescoring_keeps_the_form(visitor, runs: Runs) -> None:
    here = f"/runs/{runs.large}/rescore"
    await visitor.post(here, scorers="- exact_match", budget_usd="$0.50", idempotency_key="k2")
    refused = await visitor.post(here, 409, scorers="- exact_match", judge_model="m-1", idempotency_key="k2")
    assert "stands for another request" in refused.text
    assert 'value="m-1"' in refused.text


async def test_two_runs_stand_side_by_side(visitor, runs: Runs) -> None:
    page = (await visitor.get(f"/compare?a={runs.small}&b={runs.large}")).text
    for label in ("sim-small against sim-large", "points", "Passed in both", "Measures", "What changed"):
        assert label in page
    assert "<del>sim-small</del>" in page
    assert "<ins>sim-large</ins>" in page
    assert "a run beside itself" in (await visitor.get(f"/compare?a={runs.small}&b={runs.small}")).text


async def test_changed_cases_are_asked_for_by_kind(visitor, runs: Runs) -> None:
    address = f"a={runs.small}&b={runs.large}&kind=failed+in+both"
    asked = {"HX-Request": "true", "HX-Target": "changed"}
    part = (await visitor.get(f"/compare?{address}", headers=asked)).text
    assert part.strip().startswith('<section class="card" id="changed">')
    found = (await visitor.get(f"/compare.json?{address}")).json()["items"]
    assert {one["change"] for one in found} <= {"failed in both"}


async def test_two_ticked_rows_lead_to_a_comparison_without_script(visitor, runs: Runs) -> None:
    older, newer = sorted((runs.small, runs.large))
    for rows in (f"run={older}&run={newer}", f"run={newer}&run={older}"):  # lists show the newest first
        answer = await visitor.get(f"/compare?{rows}", 303)
        assert answer.headers["location"] == f"/compare?a={older}&b={newer}"
    assert (await visitor.get("/compare", 303)).headers["location"] == "/runs"


@pytest.mark.parametrize("path", ["/runs/nope", "/runs/%2e%2e%2fetc", "/runs?cursor=zzz", "/runs?sort=nope"])
async def test_junk_in_an_address_is_told_not_broken(visitor, path: str) -> None:
    answer = await visitor.client.get(path)
    assert answer.status_code in (400, 404)


async def test_a_run_that_has_not_begun_has_a_page_that_follows_it(visitor, application: FastAPI) -> None:
    path = visitor.write("workers/sorter.yaml", WORKER)
    app: App = application.state.services
    route = await app.endpoints.route(model="sim-small")
    await app.evaluations.open(Wish("sorter", target_of(load_worker(path)), SUITE, route), LOCAL)
    page = (await visitor.get("/runs/last")).text
    assert "What it came to" not in page
    assert 'id="cases"' not in page
    assert 'data-live="/events/job:' in page
    assert "Score the outputs again" not in page


async def test_the_cases_that_changed_since_the_baseline_are_a_filter_with_their_number(
    visitor, runs: Runs
) -> None:
    large = f"/runs/{runs.large}"
    assert "Changed since baseline" not in (await visitor.get(large)).text
    await visitor.post(f"/workers/sorter/eval/{runs.small}/promote-baseline")
    flips = (await visitor.get(f"/compare.json?a={runs.small}&b={runs.large}")).json()["items"]
    changed = [one["case"] for one in flips]
    chip = re.search(r"Changed since baseline\D*(\d+)", (await visitor.get(large)).text)
    assert chip is not None
    assert int(chip[1]) == len(changed) > 0
    for order in ("case", "-score", "name"):
        cases = (await visitor.get(f"{large}/cases.json?changed=yes&sort={order}")).json()["items"]
        assert sorted(one["case"] for one in cases) == sorted(changed)
    page = (await visitor.get(f"{large}?changed=yes&outcome=passed&q=tag:money")).text
    assert 'name="changed" value="yes"' in page
    assert "Changed since baseline" not in (await visitor.get(f"/runs/{runs.small}")).text
