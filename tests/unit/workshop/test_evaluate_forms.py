"""Evaluations from a form and over REST: what starts one, what is refused and why, and how jobs are steered."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import Fault, ProviderError
from loom.core.settings import load_settings
from loom.workshop.app import build
from loom.workshop.options import WorkshopOptions

if TYPE_CHECKING:
    from loom.wiring.app import App

OWN = "http://127.0.0.1:8080"
EVAL = "/workers/classifier/eval"
CASES = """\
- name: bill
  input: {text: "My invoice is wrong, I was charged twice."}
  expected_output: {category: billing, urgency: normal}
- name: parcel
  input: {text: "The parcel has not arrived."}
"""
FORM = {"suite": "classifier", "limit": "3", "idempotency_key": "k1"}


@pytest.fixture
def client(tmp_path: Path, database_url: str) -> Iterator[TestClient]:
    settings = load_settings(
        {"DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}, tmp_path / "none.yaml"
    )
    app = build(WorkshopOptions(settings, tmp_path / "configs"))
    with TestClient(app, base_url=OWN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def slow(client: TestClient, route_to: Callable[..., Route]) -> TestClient:
    """Its model takes a tenth of a second for each answer."""
    route = route_to(ScriptedBackend(lambda _: '{"category": "billing"}', delay_s=0.1))

    async def answer(**_: Any) -> Route:
        return route

    services: App = client.app.state.services  # type: ignore[attr-defined]
    services.endpoints.route = answer  # type: ignore[method-assign]
    return client


def wait(client: TestClient, run: str, *states: str) -> dict[str, Any]:
    """What `/api/v1/evaluations/RUN` says once the run is in one of `states`."""
    deadline = time.monotonic() + 30
    while (found := client.get(f"/api/v1/evaluations/{run}").json())["state"] not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def started(client: TestClient, **changed: str) -> str:
    """The run that the form leads to."""
    answer = client.post(f"{EVAL}/run", data={**FORM, **changed})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix(f"{EVAL}/")


def test_the_form_starts_an_evaluation_in_the_background(client: TestClient) -> None:
    report = wait(client, started(client), "completed")
    assert (report["worker"], report["suite"], report["done"], report["planned"]) == (
        "classifier",
        "classifier",
        3,
        3,
    )


def test_cases_pasted_as_yaml_count_in_place_of_a_suite_as_the_seed_says(client: TestClient) -> None:
    seed = {"test_suite": CASES.replace("\n", "\r\n"), "tier": "frontier", "scoring": "exact_match"}
    run = client.post(f"{EVAL}/run", data=seed).headers["location"].removeprefix(f"{EVAL}/")
    report = wait(client, run, "completed")
    assert (report["suite"], report["model"], report["planned"]) == ("classifier (pasted)", "sim-large", 2)
    cases = client.get(f"/api/v1/evaluations/{run}/cases").json()["items"]
    assert {name: list(case["scores"]) for case in cases for name in [case["name"]]} == {
        "bill": ["exact_match"],
        "parcel": ["exact_match"],
    }


def test_what_is_ticked_and_written_scores_and_the_rest_is_kept_to(client: TestClient) -> None:
    run = started(
        client,
        scoring="field_match",
        **{"scorer.field_match.threshold": "0.9"},
        scorers="- {scorer: length, max_words: 60}",
        repetitions="2",
        split="train",
        budget_usd="$0.50",
    )
    report = wait(client, run, "completed")
    assert report["planned"] == 6
    case = client.get(f"/api/v1/evaluations/{run}/cases").json()["items"][0]
    assert {name.partition("#")[0] for name in case["scores"]} == {"field_match", "length"}
    job = client.get(f"/api/v1/jobs/{report['job']}").json()
    assert (job["progress"]["done"], sum(job["progress"].get(o, 0) for o in ("passed", "failed"))) == (6, 6)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"suite": ""}, "choose one, or paste cases"),
        ({"suite": "../classifier"}, "there is no suite"),
        ({"budget_usd": "much"}, "is not an amount of money"),
        ({"repetitions": "0"}, "is too small; give a number from 1 to 1,000,000"),
        ({"limit": "x"}, "is not a whole number"),
        ({"tier": "best"}, "is not one of"),
        ({"scorers": "- nonsense"}, "is not a known scorer"),
        ({"scorers": "a: ["}, "Invalid YAML"),
        ({"scoring": "field_match", "scorer.field_match.threshold": "2"}, "threshold"),
        ({"test_suite": "- name: a\n  inptu: {}\n"}, "inptu"),
        (
            {"test_suite": "- name: a\n  input: {}\n  scorers: [{scorer: custom, file: /etc/passwd}]\n"},
            "file of the server",
        ),
        ({"scorers": "- {scorer: custom, file: /etc/passwd}"}, "file of the server"),
    ],
)
def test_what_cannot_be_run_is_said_on_the_form_which_keeps_what_was_typed(
    client: TestClient, changed: dict[str, str], said: str
) -> None:
    answer = client.post(f"{EVAL}/run", data={**FORM, "tags": "kept-tag", **changed})
    assert answer.status_code == 400
    assert said in answer.text
    assert "root:" not in answer.text
    assert "there is no suite" in said or "kept-tag" in answer.text


def test_sending_the_same_form_twice_starts_one_run_and_another_under_its_key_is_refused(
    client: TestClient,
) -> None:
    run = started(client)
    assert started(client) == run
    wait(client, run, "completed")
    assert started(client) == run
    again = client.post(f"{EVAL}/run", data={**FORM, "limit": "2"})
    assert again.status_code == 409
    assert "stands for another request already" in again.text
    assert started(client, idempotency_key="k2") != run


def test_the_button_says_how_many_cases_and_what_they_cost(slow: TestClient) -> None:
    button = slow.post(
        f"{EVAL}/estimate", data={**FORM, "repetitions": "4"}, headers={"HX-Request": "true"}
    ).text
    assert "<html" not in button
    assert re.search(r"Run 3 cases, 4 times each, about \$0\.0+\d", button), button
    nothing = slow.post(
        f"{EVAL}/estimate", data={**FORM, "tags": "no-such"}, headers={"HX-Request": "true"}
    ).text
    assert "selects no case" in nothing
    none = slow.post(f"{EVAL}/estimate", data={}, headers={"HX-Request": "true"}).text
    assert "choose a suite, or paste cases" in none


def button(client: TestClient, **changed: str) -> str:
    return client.post(f"{EVAL}/estimate", data={**FORM, **changed}, headers={"HX-Request": "true"}).text


def test_the_button_warns_of_what_will_come_to_nothing(client: TestClient) -> None:
    assert "does not fit" not in button(client)
    assert "does not fit these cases: case" in button(client, suite="translator")


def test_an_endpoint_is_chosen_where_there_are_several(client: TestClient) -> None:
    assert "Endpoint" not in client.get(EVAL).text
    draft = {"label": "gw", "url": "http://127.0.0.1:9/v1", "models": ["sim-small"]}
    client.post("/api/v1/endpoints", json=draft).raise_for_status()
    assert '<option value="gw">' in client.get(EVAL).text
    assert "on sim-small at gw" in button(client, model="sim-small", endpoint="gw")
    unknown = client.post(f"{EVAL}/run", data={**FORM, "endpoint": "nobody"})
    assert (unknown.status_code, "field-endpoint-help" in unknown.text) == (400, True)


def test_without_a_script_the_estimate_comes_with_the_whole_form(client: TestClient) -> None:
    answer = client.post(
        "/workers/classifier/eval/estimate", data={"suite": "classifier", "repetitions": "3"}
    )
    assert answer.status_code == 200
    assert "<title>" in answer.text
    assert 'value="3"' in answer.text


def test_a_worker_that_does_not_exist_has_no_form(client: TestClient) -> None:
    for name in ("nobody", "..%2fclassifier", "%2e%2e"):
        assert client.get(f"/workers/{name}/eval").status_code == 404
    assert client.post("/workers/nobody/eval/run", data=FORM).status_code == 400


def test_a_job_is_paused_given_a_budget_resumed_and_stopped_by_its_buttons(slow: TestClient) -> None:
    run = started(slow, suite="classifier", limit="60", concurrency="1")
    job = slow.get(f"/api/v1/evaluations/{run}").json()["job"]
    page = slow.get(f"/jobs/{job}/progress", headers={"HX-Request": "true"}).text
    assert f'action="/jobs/{job}/pause"' in page
    assert "<html" not in page
    for asked in (page, slow.get("/jobs").text):
        assert f'popovertarget="stop-{job}"' in asked
        assert "Stop classifier on classifier for good?" in asked
    assert slow.post(f"/jobs/{job}/pause").headers["location"] == f"/runs/{run}"
    assert wait(slow, run, "paused")["reason"] == "paused by a person"
    assert slow.post(f"/jobs/{job}/pause").status_code == 409
    assert slow.post(f"/jobs/{job}/budget", data={"budget_usd": "5"}).status_code == 303
    assert slow.post(f"/jobs/{job}/budget", data={"budget_usd": "x"}).status_code == 400
    assert slow.post(f"/jobs/{job}/resume", headers={"referer": f"{OWN}/jobs"}).headers["location"] == "/jobs"
    wait(slow, run, "running")
    slow.post(f"/jobs/{job}/stop")
    assert wait(slow, run, "stopped")["done"] < 60
    shown = slow.get(f"/jobs/{job}/progress").text
    assert "Show the result" in shown
    assert slow.post(f"/jobs/{job}/resume").status_code == 409


def test_a_run_whose_endpoint_does_not_answer_says_so(
    client: TestClient, route_to: Callable[..., Route]
) -> None:
    def dead(_: object) -> str:
        raise ProviderError("connection refused", Fault.UNSENT)

    route = route_to(ScriptedBackend(dead))

    async def answer(**_: Any) -> Route:
        return route

    services: App = client.app.state.services  # type: ignore[attr-defined]
    services.endpoints.route = answer  # type: ignore[method-assign]
    run = started(client)
    job = client.get(f"/api/v1/evaluations/{run}").json()["job"]
    deadline = time.monotonic() + 30
    while "does not answer" not in (page := client.get(f"/jobs/{job}/progress").text):
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
    assert f"waits for {route.keys.endpoint}" in page
    client.post(f"/jobs/{job}/stop")


def test_the_list_of_jobs_has_twins_and_filters_by_state(client: TestClient) -> None:
    run = started(client)
    job = wait(client, run, "completed")["job"]
    assert run in client.get("/jobs?state=completed").text
    assert run not in client.get("/jobs?state=paused").text
    assert client.get("/jobs.json").json()[0]["state"].startswith("completed")
    assert "classifier" in client.get("/jobs.csv").text
    assert client.get(f"/jobs/{job}").headers["location"] == f"/runs/{run}"


BODY = {"worker": "classifier", "suite": "classifier", "limit": 2}


def test_rest_starts_an_evaluation_once_per_key(client: TestClient) -> None:
    key = {"Idempotency-Key": "a"}
    first = client.post("/api/v1/evaluations", json=BODY, headers=key)
    assert first.status_code == 201
    run = first.json()["id"]
    assert first.headers["location"] == f"/api/v1/evaluations/{run}"
    assert client.post("/api/v1/evaluations", json=BODY, headers=key).json()["id"] == run
    assert client.post("/api/v1/evaluations", json={**BODY, "limit": 1}, headers=key).status_code == 409
    assert wait(client, run, "completed")["pass_rate"]["n"] == 2
    listed = client.get("/api/v1/evaluations?worker=classifier&size=1").json()
    assert (listed["items"][0]["id"], listed["items"][0]["pass_rate"]["n"]) == (run, 2)


def test_rest_refuses_to_hold_a_run_against_one_that_shares_no_case(client: TestClient) -> None:
    run = started(client)
    wait(client, run, "completed")
    alike = client.post("/api/v1/evaluations", json={**BODY, "against": run})
    assert alike.status_code == 201
    apart = client.post("/api/v1/evaluations", json={**BODY, "split": "sealed", "against": run})
    assert (apart.status_code, apart.json()["error"]["problems"][0]["field"]) == (400, "against")
    none = client.post("/api/v1/evaluations", json={**BODY, "against": "baseline"})
    assert (none.status_code, none.json()["error"]["message"]) == (
        404,
        "classifier has no baseline on classifier",
    )


def test_rest_takes_cases_and_scores_their_outputs_again(client: TestClient) -> None:
    cases = [{"name": "a", "input": {"text": "A bill."}, "expected_output": {"category": "billing"}}]
    body = {"worker": "classifier", "cases": cases, "scorers": ["field_match"], "tier": "local"}
    run = client.post("/api/v1/evaluations", json=body).json()["id"]
    wait(client, run, "completed")
    key = {"Idempotency-Key": "again"}
    again = client.post(f"/api/v1/evaluations/{run}/rescore", json={"scorers": ["exact_match"]}, headers=key)
    assert again.status_code == 201
    report = wait(client, again.json()["id"], "completed")
    assert (report["kind"], report["done"]) == ("rescore", 1)
    once_more = client.post(
        f"/api/v1/evaluations/{run}/rescore", json={"scorers": ["exact_match"]}, headers=key
    )
    assert once_more.json()["id"] == again.json()["id"]


def test_rest_steers_jobs_and_gives_their_events_by_cursor(slow: TestClient) -> None:
    answer = slow.post("/api/v1/evaluations", json={**BODY, "limit": 40, "concurrency": 1}).json()
    job = answer["job"]
    assert slow.post(f"/api/v1/jobs/{job}/pause").status_code == 202
    wait(slow, answer["id"], "paused")
    assert slow.put(f"/api/v1/jobs/{job}/budget", json={"budget_usd": 2}).status_code == 200
    resumed = slow.post(f"/api/v1/jobs/{job}/resume", json={"concurrency": 40, "budget_usd": 3})
    assert resumed.status_code == 202
    wait(slow, answer["id"], "completed")
    events, cursor = [], "0"
    while found := (page := slow.get(f"/api/v1/jobs/{job}/events?after={cursor}&size=7").json())["items"]:
        events, cursor = events + found, page["next"]
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    kinds = [one["type"] for one in events]
    assert kinds.count("execution.ended") == 40
    assert [kind for kind in kinds if kind in ("job.started", "job.paused", "job.completed")] == [
        "job.started",
        "job.paused",
        "job.started",
        "job.completed",
    ]
    assert page["closed"]


@pytest.mark.parametrize(
    "path", ["jobs/x", "jobs/x/events", "jobs/018f0000-0000-7000-8000-000000000099", "evaluations/x"]
)
def test_rest_says_what_does_not_exist(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]
