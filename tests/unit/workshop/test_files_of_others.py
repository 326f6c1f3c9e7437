"""Which files of the server definitions have read, for whom: any for someone at this machine, for others theirs."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

CANARY = "c4n4ry-of-the-server"
_SCHEMAS = "input_schema: {type: object}\noutput_schema: {type: object}\n"
_ASKS = f"name: nosy\nsystem_prompt: Say what you know.\n{_SCHEMAS}"
WORKERS = {
    "knowledge": _ASKS + "knowledge_sources: [{path: PLACE/notes.md}]\n",
    "examples": _ASKS + "knowledge_sources: [{path: PLACE/notes.md, inject_as: few_shot}]\n",
    "a folder": _ASKS + "knowledge_silos: [{name: all, type: folder, path: PLACE}]\n",
    "a writable folder": _ASKS
    + "knowledge_silos: [{name: all, type: folder, path: PLACE, mode: readwrite}]\n",
    "a workspace": _ASKS + "workspace_dir: PLACE\nresolve_file_refs: [file]\n",
}
INPUT = {"text": "hi", "file": "notes.json"}
TEST = {"worker": "nosy", "input": INPUT}
EVALUATION = {"worker": "nosy", "cases": [{"name": "a", "input": INPUT, "expected_output": {}}]}
SCORER = "- {scorer: custom, file: PLACE/score.py}"
REFUSED = "may not be read"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of the server that has nothing to do with definitions."""
    return _furnish(tmp_path / "private")


def _furnish(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "notes.md").write_text(CANARY)
    (folder / "notes.json").write_text(json.dumps({"word": CANARY}))
    (folder / "score.py").write_text(f"def score(input, output, expected):\n    return 1  # {CANARY}\n")
    return folder


def _naming(text: str, place: Path | str) -> str:
    return text.replace("PLACE", str(place))


@pytest.mark.parametrize("worker", WORKERS)
async def test_for_others_no_worker_reads_what_is_no_definition(visitor, stranger, place, worker) -> None:
    text = _naming(WORKERS[worker], place)
    visitor.write("workers/nosy.yaml", text)  # as if someone at this machine had written it
    estimate = {"test_suite": json.dumps(EVALUATION["cases"])}
    looked = [
        await stranger(
            "POST", "/api/v1/workers", json={"name": "nosier", "yaml": text.replace("nosy", "nosier")}
        ),
        await stranger("GET", "/workers/nosy"),
        await stranger("GET", "/workers/nosy/test"),
        await stranger("POST", "/workers/nosy/eval/estimate", data=estimate),
    ]
    refused = [
        await stranger("POST", "/api/v1/tests", json=TEST),
        await stranger("POST", "/workers/nosy/test/run", data={"payload": json.dumps(INPUT)}),
        await stranger("POST", "/api/v1/evaluations", json=EVALUATION),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400]
    assert all(REFUSED in answer.text and "FILES_ALLOW" in answer.text for answer in refused)
    assert all(CANARY not in answer.text for answer in (*looked, *refused))


@pytest.mark.parametrize("worker", WORKERS)
async def test_someone_at_this_machine_has_any_file_read(visitor, place, worker) -> None:
    visitor.write("workers/nosy.yaml", _naming(WORKERS[worker], place))
    made = await visitor.json("POST", "/api/v1/tests", TEST, 201)
    assert CANARY in str(made["prompt"])


@pytest.mark.parametrize("worker", WORKERS)
async def test_others_read_what_is_below_the_definitions_or_named(
    application: FastAPI, visitor, stranger, place, worker
) -> None:
    _furnish(visitor.configs / "known")
    visitor.write("workers/nosy.yaml", _naming(WORKERS[worker], visitor.configs / "known"))
    assert CANARY in (await stranger("POST", "/api/v1/tests", json=TEST)).text
    services = application.state.services
    services.reach = replace(services.reach, folders=(place,))
    assert REFUSED in (await stranger("POST", "/api/v1/tests", json=TEST)).text
    visitor.write("workers/nosy.yaml", _naming(WORKERS[worker], place))
    assert CANARY in (await stranger("POST", "/api/v1/tests", json=TEST)).text


@pytest.mark.parametrize(
    "spelled", ["configs/../private", "configs/leading-out", "configs/.hidden", "data", "."]
)
async def test_no_spelling_link_or_hidden_name_leads_out(visitor, stranger, place, tmp_path, spelled) -> None:
    (visitor.configs / "leading-out").symlink_to(place)
    _furnish(visitor.configs / ".hidden")
    _furnish(tmp_path / "data")
    for worker in ("knowledge", "a folder", "a workspace"):
        visitor.write("workers/nosy.yaml", _naming(WORKERS[worker], tmp_path / spelled))
        answer = await stranger("POST", "/api/v1/tests", json=TEST)
        assert (answer.status_code, REFUSED in answer.text, CANARY in answer.text) == (400, True, False)


async def test_an_input_names_no_hidden_file_of_a_workspace_that_may_be_read(visitor, stranger) -> None:
    place = _furnish(visitor.configs / "known")
    (place / ".env").write_text(json.dumps(CANARY))
    visitor.write("workers/nosy.yaml", _naming(WORKERS["a workspace"], place))
    made = await stranger("POST", "/api/v1/tests", json=TEST | {"input": {"file": ".env"}})
    assert (made.json()["success"], CANARY in made.text) == (False, False)
    assert "others may have this server read" in made.json()["error"]


async def test_the_app_that_others_deploy_reads_its_own_files_alone(
    visitor, stranger, place, tmp_path
) -> None:
    own = tmp_path / "data" / "apps" / "spy"
    for folder, seen in ((place, False), (own, True)):
        files = {
            "manifest.yaml": "name: spy\nversion: 1.0.0\ndescription: x\n"
            "entry_configs: {workers: [{config: configs/workers/nosy.yaml}]}\n",
            "configs/workers/nosy.yaml": _naming(WORKERS["knowledge"], folder),
            "notes.md": CANARY,
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        sent = {"files": {"zip_file": ("spy.zip", buffer.getvalue())}}
        deployed = await visitor.client.post("/apps/deploy", **sent)
        assert deployed.status_code == 303, deployed.text
        answer = await stranger("POST", "/api/v1/tests", json=TEST)
        assert (answer.status_code == 201, CANARY in answer.text) == (seen, seen)


async def test_for_others_no_scorer_reads_code_that_is_no_definition(visitor, stranger, place) -> None:
    scorer = _naming(SCORER, place)
    suite = f"- name: a\n  input: {{}}\n  scorers:\n  {scorer}\n"
    visitor.write("suites/nosy.yaml", suite)
    run = {"worker": "classifier", "suite": "classifier", "limit": 1}
    opened = await visitor.json("POST", "/api/v1/evaluations", run, 201)
    await visitor.get(f"/events/job:{opened['job']}")  # which end with it
    refused = [
        await stranger("GET", "/suites/nosy/download/json"),
        await stranger("POST", "/api/v1/evaluations", json={"worker": "classifier", "suite": "nosy"}),
        await stranger("POST", "/suites/upload", files={"file": ("new.yaml", suite)}),
        await stranger("POST", f"/runs/{opened['id'].replace('-', '')}/rescore", data={"scorers": scorer}),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400, 400]
    assert [answer.text[:300] for answer in refused if REFUSED not in answer.text] == []
    assert all(CANARY not in answer.text for answer in (*refused, await stranger("GET", "/suites/nosy")))
