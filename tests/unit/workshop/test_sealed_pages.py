"""Sealed cases: closed on every page and to every program until someone opens them, which is counted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from loom.access.models import LOCAL, Principal, PrincipalKind, Role
from loom.core.clock import FakeClock
from loom.core.errors import SealedError
from loom.core.worker_config import load_worker
from loom.evaluation.models import Split
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.sealed.seals import Seals
from loom.evaluation.suites.files import load_suite
from loom.worker.target import target_of

if TYPE_CHECKING:
    from loom.wiring.app import App

WORKER = """\
schema: loom/v1
name: sorter
system_prompt: Sort the text, as JSON.
input_schema: {type: object, properties: {text: {type: string}}}
default_model_tier: local
"""
SUITE = """\
name: mails
scorers: [exact_match]
cases:
  - {name: shown, input: {text: seen by all}, expected_output: {category: billing}}
  - {name: canary-name, input: {text: canary-input}, expected_output: {category: canary-output}, split: sealed}
  - {name: canary-two, input: {text: canary-again}, expected_output: {category: billing}, split: sealed}
"""
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Two runs over the sealed cases of a suite, by their ids."""

    a: str
    b: str


@pytest.fixture
async def sealed(visitor, application: FastAPI) -> Sealed:
    worker = load_worker(visitor.write("workers/sorter.yaml", WORKER))
    suite = load_suite(visitor.write("suites/mails.yaml", SUITE))
    app: App = application.state.services
    made: list[str] = []
    for model in ("sim-small", "sim-large"):
        route = await app.endpoints.route(model=model)
        wish = Wish("sorter", target_of(worker), suite, route, selection=Selection(Split.SEALED))
        job = await app.evaluations.open(wish, LOCAL)
        await (await app.evaluations.work(job)).run()
        made.append((await app.reports.find("last")).id.hex())
    return Sealed(*made)


def addresses(sealed: Sealed) -> tuple[str, ...]:
    """Everything that shows cases, and what `q` or `open` would tell of them."""
    run, pair = f"/runs/{sealed.b}", f"a={sealed.a}&b={sealed.b}"
    return (
        "/suites/mails",
        "/suites/mails?split=sealed",
        "/suites/mails?open=1",
        "/suites/mails/cases.json",
        "/suites/mails/cases.csv",
        "/suites/mails/download/yaml",
        "/api/v1/suites/mails/cases",
        run,
        f"{run}?q=split:sealed",
        f"{run}/cases.json",
        f"{run}/cases.csv",
        f"{run}/cases/canary-name",
        f"/workers/sorter/test?run={sealed.b}&case=canary-name",
        f"/compare?{pair}&kind=failed+in+both",
        f"/compare.json?{pair}&kind=failed+in+both",
        f"/api/v1/runs/{sealed.b}/cases",
        f"/api/v1/runs/{sealed.b}/cases/canary-name",
        f"/api/v1/runs/{sealed.b}/report?format=json",
        f"/api/v1/evaluations/{sealed.b}/cases",
    )


async def test_nothing_tells_a_sealed_case_before_it_was_opened(visitor, sealed) -> None:
    told = [
        one for one in addresses(sealed) if CANARY in (await visitor.client.get(one)).text.replace(one, "")
    ]
    assert told == []


async def test_all_of_it_is_there_once_they_are_open(visitor, sealed) -> None:
    await visitor.post("/suites/mails/look")
    hidden = [one for one in addresses(sealed) if CANARY not in (await visitor.get(one)).text]
    assert hidden == []


async def test_figures_are_shown_without_a_look(visitor, sealed) -> None:
    before = await visitor.json("GET", "/api/v1/suites/mails/looks")
    for one in addresses(sealed):
        await visitor.client.get(one)
    assert "2 sealed cases of mails" in (await visitor.get(f"/runs/{sealed.a}")).text
    told = await visitor.json("GET", f"/api/v1/compare?a={sealed.a}&b={sealed.b}")
    assert (told["pass_rate"]["cases"], told["broken"]) == (2, None)
    assert await visitor.json("GET", "/api/v1/suites/mails/looks") == before
    assert before == {"suite": "mails", "looks": 2, "open_until_us": None}


async def test_the_page_asks_first_and_opening_counts_once(visitor, sealed) -> None:
    page = (await visitor.get("/suites/mails")).text
    assert 'action="/suites/mails/look"' in page
    assert "2 sealed cases of mails, looked at 2 times: closed" in page
    for _ in range(2):
        await visitor.post("/suites/mails/look")
    page = (await visitor.get("/suites/mails")).text
    assert "looked at 3 times: open to you until" in page
    assert 'action="/suites/mails/look"' not in page


async def test_they_are_opened_at_a_run_and_at_a_comparison_too(visitor, sealed) -> None:
    answer = await visitor.post(f"/runs/{sealed.b}/look", against=sealed.a)
    assert answer.headers["location"] == f"/compare?a={sealed.a}&b={sealed.b}"
    again = await visitor.post(f"/runs/{sealed.b}/look")
    assert CANARY in (await visitor.get(again.headers["location"])).text


async def test_a_program_opens_them_and_sees_when_they_close(visitor, sealed) -> None:
    for place in ("suites/mails", f"runs/{sealed.a}"):
        told = await visitor.json("POST", f"/api/v1/{place}/looks", status=201)
        assert told["looks"] == 3
        assert told["open_until_us"] > 0
    cases = await visitor.json("GET", "/api/v1/suites/mails/cases")
    assert (len(cases["items"]), cases["closed"]) == (3, 0)


async def test_they_are_open_to_who_opened_them_and_for_an_hour(
    visitor, sealed, application: FastAPI
) -> None:
    app: App = application.state.services
    clock = FakeClock()
    seals = Seals(app.database, clock)
    ann, bob = (Principal(name, Role.RUN, PrincipalKind.USER) for name in ("ann", "bob"))
    mails = SealedCases("mails", (b"a" * 32, b"b" * 32))
    await seals.open(mails, ann)
    assert (await seals.of(mails, bob)).open_until_us is None
    await clock.advance(3599)
    await seals.require(mails, ann)
    await clock.advance(1)
    with pytest.raises(SealedError):
        await seals.require(mails, ann)


CASES = "/api/v1/suites/mails/cases"
CASE = {"name": "mine", "input": {"text": "mine"}}
FORM = {"name": "mine", "input": "{}", "split": "sealed"}


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("PUT", f"{CASES}/1", {"json": CASE}),
        ("DELETE", f"{CASES}/1", {}),
        ("POST", "/suites/mails/cases", {"data": {**FORM, "number": "1"}}),
        ("POST", "/suites/mails/cases/1/remove", {"data": {"base": ""}}),
    ],
)
async def test_a_closed_case_is_neither_changed_nor_taken_out_before_it_was_looked_at(
    visitor, sealed, method, path, sent
) -> None:
    before = (visitor.configs / "suites/mails.yaml").read_bytes()
    refused = await visitor.client.request(method, path, **sent)
    assert (refused.status_code, "are closed to you" in refused.text) == (403, True), refused.text
    assert CANARY not in refused.text
    assert (visitor.configs / "suites/mails.yaml").read_bytes() == before
    await visitor.post("/suites/mails/look")
    assert (await visitor.client.request(method, path, **sent)).status_code in (200, 204, 303)
    assert (visitor.configs / "suites/mails.yaml").read_bytes() != before


async def test_other_cases_of_a_closed_suite_are_changed_as_ever(visitor, sealed) -> None:
    await visitor.json("PUT", f"{CASES}/0", CASE)
    new = {"name": "new", "input": {"text": "new"}, "split": "sealed"}
    await visitor.json("POST", CASES, new, 201)
    await visitor.json("PUT", f"{CASES}/99", CASE, 404)


async def test_a_look_is_in_the_audit_log(visitor, sealed) -> None:
    await visitor.post("/suites/mails/look")
    assert "suite.look" in (await visitor.get("/settings/audit")).text


async def test_a_case_that_is_closed_is_no_form(visitor, sealed) -> None:
    assert 'action="/suites/mails/cases"' in (await visitor.get("/suites/mails?open=0")).text
    assert 'action="/suites/mails/cases"' not in (await visitor.get("/suites/mails?open=1")).text


async def test_choosing_the_sealed_split_says_what_it_counts_as(visitor) -> None:
    assert (
        ">Sealed: the run counts as a look</option>" in (await visitor.get("/workers/classifier/eval")).text
    )


async def test_what_the_check_finds_of_closed_cases_is_only_counted(visitor) -> None:
    same = SUITE.replace("canary-input", "seen by all").replace("sealed}", "sealed, tags: [canary-tag]}")
    visitor.write("suites/mails.yaml", same)
    for path in ("/suites/mails", "/suites", "/suites.json", "/api/v1/suites", "/api/v1/suites/mails"):
        assert CANARY not in (await visitor.get(path)).text
    assert "1 more about a sealed case" in (await visitor.get("/suites/mails")).text
    await visitor.post("/suites/mails/look")
    assert "canary-name" in (await visitor.get("/suites/mails")).text
