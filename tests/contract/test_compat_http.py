"""The routes, form fields and status codes that the guide of the Workshop of Loom 0.9 shows."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from loom.evaluation.models import Case
from loom.workshop.app import create_app
from loom.workshop.db import WorkshopDB

WORKER = """name: sorter
description: Sorts
system_prompt: |
  Sort the text into the field category.
default_model_tier: local
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema: {type: object, required: [category], properties: {category: {type: string, enum: [billing, other]}}}
"""
PIPELINE = """name: intake
pipeline_stages:
  - {name: a, worker_type: sorter, input_mapping: {text: goal.context.text}}
  - {name: b, worker_type: sorter, input_mapping: {text: a.output.category}}
"""
SUITE = "- name: one\n  input: {text: 'An invoice, please.'}\n  expected_output: {category: billing}\n"


@pytest.fixture
async def workshop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> AsyncIterator["Browser"]:
    monkeypatch.setenv("HOME", str(tmp_path))
    configs = tmp_path / "configs"
    for name, text in (("workers/sorter.yaml", WORKER), ("orchestrators/intake.yaml", PIPELINE)):
        (configs / name).parent.mkdir(parents=True)
        (configs / name).write_text(text)
    app = create_app(configs, database_url.removeprefix("sqlite:///"), apps_dir=tmp_path / "apps")
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            yield Browser(client, app.state.db)


class Browser:
    """Someone who asks as the templates of Loom 0.9 did."""

    def __init__(self, client: httpx.AsyncClient, db: WorkshopDB) -> None:
        self.client = client
        self.db = db

    async def get(self, path: str, status: int = 200) -> httpx.Response:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer

    async def post(self, path: str, status: int = 303, **form: str) -> httpx.Response:
        answer = await self.client.post(path, data=form)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer

    async def evaluated(self, **form: str) -> str:
        """Start a run; its address."""
        answer = await self.post("/workers/sorter/eval/run", test_suite=SUITE, **form)
        return answer.headers["location"]


async def test_the_first_page_is_that_of_workers_and_health_names_tiers(workshop) -> None:
    first = await workshop.get("/", 307)
    assert first.headers["location"] == "/workers"
    health = (await workshop.get("/health")).json()
    assert health["status"] == "ok"
    assert isinstance(health["backends"], list)


PAGES = (
    "/workers", "/workers/sorter", "/workers/sorter/test", "/workers/sorter/eval", "/pipelines", "/pipelines/intake",
    "/apps", "/apps?error=no", "/dead-letters", "/rag", "/rag/channels", "/rag/search", "/static/workshop.css",
)  # fmt: skip
NOWHERE = (
    "/workers/nobody", "/workers/nobody/test", "/workers/nobody/eval", "/workers/nobody/validate", "/pipelines/nothing",
    "/pipelines/nothing/graph", "/apps/nothing", "/workers/sorter/eval/01a1fd57-fbda-7e0a-8f74-1490e1435a10",
)  # fmt: skip


async def test_the_pages_of_the_guide_are_there(workshop) -> None:
    for path in PAGES:
        await workshop.get(path)


async def test_what_is_not_there_is_404(workshop) -> None:
    for path in NOWHERE:
        await workshop.get(path, 404)


async def test_a_worker_is_saved_with_its_description_and_refused_when_it_is_wrong(workshop) -> None:
    text = WORKER.replace("Sorts", "Sorts well")
    saved = await workshop.post("/workers/sorter", yaml_content=text, description="better words")
    assert saved.headers["location"] == "/workers/sorter"
    await workshop.post("/workers/sorter", 400, yaml_content="name: [")
    await workshop.post("/workers/sorter", 400, yaml_content="name: sorter\n")
    assert workshop.db.get_worker_versions("sorter")[0]["config_yaml"] == text


async def test_a_worker_is_cloned(workshop) -> None:
    cloned = await workshop.post("/workers/sorter/clone", new_name="second")
    assert cloned.headers["location"] == "/workers/second"
    await workshop.post("/workers/sorter/clone", 400, new_name="../third")
    await workshop.post("/workers/nobody/clone", 404, new_name="third")


async def test_a_test_asked_for_by_a_script_answers_with_a_card(workshop) -> None:
    workshop.client.headers["HX-Request"] = "true"
    card = await workshop.post(
        "/workers/sorter/test/run", 200, payload='{"text": "An invoice."}', tier="local"
    )
    assert "<!doctype" not in card.text.lower()
    assert "PASS" in card.text or "FAIL" in card.text
    assert "Invalid JSON" in (await workshop.post("/workers/sorter/test/run", 200, payload="{")).text
    await workshop.post("/workers/nobody/test/run", 404, payload="{}")


async def test_a_test_asked_for_by_a_form_leads_to_its_page(workshop) -> None:
    tested = await workshop.post("/workers/sorter/test/run", payload='{"text": "An invoice."}')
    page = await workshop.get(tested.headers["location"])
    assert "PASS" in page.text or "FAIL" in page.text
    await workshop.post("/workers/sorter/test/run", 400)


async def test_an_evaluation_leads_to_its_run_which_can_be_the_baseline(workshop) -> None:
    address = await workshop.evaluated(tier="local", scoring="exact_match")
    await workshop.get(address)
    run = address.rpartition("/")[2]
    assert workshop.db.get_eval_runs("sorter")[0]["id"].replace("-", "") == run.replace("-", "")


@pytest.mark.parametrize(
    ("worker", "form"),
    [
        ("sorter", {"test_suite": "{"}),
        ("sorter", {"test_suite": SUITE, "scoring": "taste"}),
        ("nobody", {"test_suite": SUITE}),
    ],
)
async def test_an_evaluation_that_cannot_be_is_400(workshop, worker, form) -> None:
    await workshop.post(f"/workers/{worker}/eval/run", 400, **form)


async def test_a_run_is_promoted_and_the_baseline_removed(workshop) -> None:
    db = workshop.db
    run = db.save_eval_run("sorter", "local", 1)
    db.save_eval_result(run, "one", {"text": "a"}, True)
    db.update_eval_run(run, {"status": "completed"})
    promoted = await workshop.post(f"/workers/sorter/eval/{run}/promote-baseline", description="gold")
    assert promoted.headers["location"].startswith("/workers/sorter/eval/")
    assert db.get_baseline("sorter")["description"] == "gold"
    removed = await workshop.post("/workers/sorter/eval/remove-baseline")
    assert removed.headers["location"] == "/workers/sorter/eval"
    assert db.get_baseline("sorter") is None
    await workshop.post("/workers/sorter/eval/01a1fd57-fbda-7e0a-8f74-1490e1435a10/promote-baseline", 404)


async def test_a_worker_is_validated_both_ways(workshop) -> None:
    stored = (await workshop.get("/workers/sorter/validate")).json()
    assert (stored["name"], stored["valid"], stored["errors"]) == ("sorter", True, [])
    workshop.client.headers["HX-Request"] = "true"
    fragment = await workshop.post("/workers/sorter/validate", 200, yaml_content="name: [")
    assert "<!doctype" not in fragment.text.lower()


async def test_impact_is_told_as_json_and_as_a_panel(workshop) -> None:
    impact = (await workshop.get("/workers/sorter/impact")).json()
    assert impact["affected_pipelines"] == ["intake"]
    assert (impact["risk_level"], impact["risk"], impact["total_stages"]) == ("medium", "high", 2)
    assert (await workshop.get("/workers/nobody/impact")).json()["total_pipelines"] == 0
    panel = (await workshop.get("/workers/sorter/impact-panel")).text
    assert all(word in panel for word in ("intake", "downstream", "HIGH RISK"))
    assert "not used in any pipeline" in (await workshop.get("/workers/nobody/impact-panel")).text


async def test_stages_are_changed_one_by_one(workshop) -> None:
    stage, here = "/pipelines/intake/stage", "/pipelines/intake"
    third = "name: c\nworker_type: sorter\ninput_mapping: {text: goal.context.text}\n"
    for form in (
        {"action": "insert", "stage_yaml": third, "after_stage": "a"},
        {"action": "swap", "stage_name": "c", "new_worker_type": "sorter", "new_tier": "standard"},
        {"action": "remove", "stage_name": "c"},
        {"action": "branch", "stage_yaml": third},
    ):
        assert (await workshop.post(stage, **form)).headers["location"] == here
    graph = (await workshop.get(f"{here}/graph")).json()
    assert (graph["stage_count"], graph["levels"]) == (3, [["a", "c"], ["b"]])
    await workshop.post(stage, 400, action="remove", stage_name="a")
    await workshop.post(stage, 400, action="dance")
    await workshop.post("/pipelines/nothing/stage", 400, action="remove", stage_name="a")


async def test_a_broken_app_leads_back_to_the_list_with_why_and_removing_none_is_fine(workshop) -> None:
    answer = await workshop.client.post("/apps/deploy", files={"zip_file": ("a.zip", b"no zip")})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/apps?error=")
    assert quote("ZIP") in answer.headers["location"]
    assert (await workshop.post("/apps/nothing/remove")).headers["location"] == "/apps"


async def test_the_page_of_a_run_shows_results_handed_in_by_a_script(workshop) -> None:
    db = workshop.db
    run = db.save_eval_run("sorter", "local", 1, metadata={"scoring_method": "taste"})
    said = {"actual_output": {"category": "other"}, "raw_response": "the very words", "model_used": "parrot"}
    db.save_eval_result(run, "the odd one", {"text": "a"}, True, **said)
    db.update_eval_run(run, {"status": "completed"})
    page = (await workshop.get(f"/workers/sorter/eval/{run}")).text
    assert all(words in page for words in ("the odd one", "parrot, measured elsewhere", "recorded"))
    key = Case("the odd one", {"text": "a"}).item_hash.hex()
    case = (await workshop.get(f"/runs/{run}/cases/{key}")).text
    assert all(words in case for words in ("it was measured elsewhere", "the very words"))


async def test_an_application_in_memory_has_a_store_while_it_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = create_app(tmp_path / "configs", ":memory:")
    async with app.router.lifespan_context(app):
        app.state.db.save_eval_run("sorter", "local", 1)
        assert len(await app.state.services.reports.runs()) == 1
    assert not Path(app.state.db.url.removeprefix("sqlite:///")).exists()
