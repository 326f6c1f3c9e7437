"""`loom silo` and processors: code as a worker, and the folders that workers learn into."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BACKEND = """
from loom.worker.processor import BackendError, SyncProcessingBackend

class Count(SyncProcessingBackend):
    def process_sync(self, payload, config):
        if not payload["text"]:
            raise BackendError("nothing to count")
        note = {"silo": "seen", "action": "add", "filename": payload["text"], "content": "seen"}
        return {"output": {"words": len(payload["text"].split()), "silo_updates": [note]}, "model_used": "count-1"}
"""

WORKER = """
name: counter
worker_kind: processor
processing_backend: loom_test_counting.Count
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema: {type: object, required: [words], properties: {words: {type: integer}}, additionalProperties: false}
knowledge_silos:
  - {name: seen, type: folder, path: seen, mode: readwrite, write_back: WRITE_BACK}
"""

SUITE = """
cases:
  - {input: {text: one two.md}, expected_output: {words: 2}}
  - {input: {text: one.md}, expected_output: {words: 2}}
  - {input: {text: ""}, expected_output: {words: 0}}
"""


@pytest.fixture
def counter(home: Path) -> Callable[..., None]:
    """Makes a processor that counts words, and wants a file for each text."""

    def make(write_back: str = "apply") -> None:
        for name, text in {
            "loom_test_counting.py": BACKEND,
            "configs/workers/counter.yaml": WORKER.replace("WRITE_BACK", write_back),
            "configs/suites/counter.yaml": SUITE,
            "seen/old.md": "old",
        }.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)

    make()
    return make


def test_a_processor_is_tested_without_a_model(loom: Callable[..., Any], counter: object, home: Path) -> None:
    shown = loom("test", "counter", "--input", '{"text": "a b.md"}')
    assert shown.status == 0
    assert shown.out.splitlines()[0] == "counter · processor"
    assert "no model asked · count-1" in shown.out
    result = loom("test", "counter", "--input", '{"text": "a b.md"}', "--json").json
    assert (result["output"], result["cost_usd"], result["simulated"]) == ({"words": 2}, 0.0, False)
    assert [one.name for one in (home / "seen").iterdir()] == ["old.md"]


def test_a_processor_is_evaluated_and_its_runs_listed(
    loom: Callable[..., Any], counter: object, home: Path
) -> None:
    report = loom("eval", "counter", "--suite", "counter", "--json").json
    assert [one["outcome"] for one in report["cases"]] == ["passed", "failed", "errored"]
    assert (report["model"], report["endpoint"], report["simulated"]) == (
        "loom_test_counting.Count",
        None,
        False,
    )
    shown = loom("runs", "show", "last").out
    assert "counter on counter · processor loom_test_counting.Count" in shown
    assert "no model asked, nothing paid" in shown
    assert "BackendError: nothing to count" in shown
    assert loom("compare", "last", "last").status == 0
    assert [one.name for one in (home / "seen").iterdir()] == ["old.md"]


@pytest.mark.parametrize(("option", "value"), [("--model", "sim-small"), ("--tier", "local")])
def test_a_model_for_a_processor_is_wrong_use(
    loom: Callable[..., Any], counter: object, option: str, value: str
) -> None:
    refused = loom("test", "counter", "--input", '{"text": "a"}', option, value)
    assert (refused.status, "'counter' is a processor: it asks none" in refused.errors) == (2, True)


def test_a_backend_that_cannot_be_loaded_is_named_with_its_file(
    loom: Callable[..., Any], counter: object, home: Path
) -> None:
    file = home / "configs/workers/counter.yaml"
    file.write_text(file.read_text().replace("counting.Count", "counting.Absent"))
    refused = loom("test", "counter", "--input", '{"text": "a"}')
    assert refused.status == 1
    assert "counter.yaml:4:21: 'processing_backend' cannot be loaded" in refused.errors


def test_what_a_worker_wants_to_keep_is_said_and_made_only_when_asked(
    loom: Callable[..., Any], counter: object, home: Path
) -> None:
    asked = ("test", "counter", "--input", '{"text": "a b.md"}')
    assert "it wants a change in its folders" in loom(*asked).out
    made = loom(*asked, "--apply-silo-updates").out
    assert "silo seen, change 1: +a b.md; undo it with: loom silo undo seen 1" in made
    assert (home / "seen" / "a b.md").read_text() == "seen"
    denied = loom("test", "counter", "--input", '{"text": "../x.md"}', "--apply-silo-updates", "--json").json
    assert denied["silo_changes"]["written"] == []
    assert "leads out of the folder" in denied["silo_changes"]["denied"][0]["reason"]
    assert not (home / "x.md").exists()


def test_a_change_is_listed_shown_and_undone(loom: Callable[..., Any], counter: object, home: Path) -> None:
    loom("test", "counter", "--input", '{"text": "b.md"}', "--apply-silo-updates")
    assert "+b.md" in loom("silo", "history", "counter").out
    assert loom("silo", "diff", "seen").out.splitlines() == [
        "--- (no file)",
        "+++ b.md",
        "@@ -0,0 +1 @@",
        "+seen",
    ]
    assert "undid change 1 as change 2: −b.md" in loom("silo", "undo", "counter").out
    assert not (home / "seen" / "b.md").exists()
    changes = loom("silo", "history", "seen", "--json").json["changes"]
    assert [(one["number"], one["undoes"], one["edits"][0]["action"]) for one in changes] == [
        (2, 1, "delete"),
        (1, None, "add"),
    ]


def test_a_proposal_waits_until_it_is_applied_or_discarded(
    loom: Callable[..., Any], counter: Callable[..., None], home: Path
) -> None:
    counter("propose")
    for name in ("a.md", "b.md"):
        shown = loom("test", "counter", "--input", f'{{"text": "{name}"}}', "--apply-silo-updates").out
        assert "apply it with: loom silo apply seen p" in shown
    assert [one.name for one in (home / "seen").glob("*.md")] == ["old.md"]
    assert "+++ b.md" in loom("silo", "diff", "counter", "p2").out
    assert loom("silo", "discard", "counter", "p2").status == 0
    assert "applied p1 as change 1: +a.md" in loom("silo", "apply", "counter", "p1").out
    assert sorted(one.name for one in (home / "seen").glob("*.md")) == ["a.md", "old.md"]
    assert loom("silo", "history", "counter", "--json").json["proposals"] == []


def test_the_files_that_a_model_is_given_are_listed_and_why_others_are_not(
    loom: Callable[..., Any], counter: object, home: Path
) -> None:
    (home / "seen" / "logo.png").write_bytes(b"png")
    shown = loom("silo", "show", "counter").out
    assert "old.md" in shown
    assert "logo.png: no text file by its ending" in shown
    listed = loom("silo", "show", "seen", "--json").json
    assert (listed["files"], listed["left_out"][0]["name"]) == ([{"name": "old.md", "bytes": 3}], "logo.png")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("history", "absent"), 2, "there is no worker 'absent'"),
        (("show", "classifier"), 2, "has no folder silo"),
        (("show", "counter", "--silo", "other"), 2, "is not one of seen"),
        (("undo", "counter", "x"), 2, "write a number as `loom silo history` shows it"),
        (("undo", "counter", "7"), 2, "has no change 7"),
        (("undo", "counter", "p1"), 2, "use `loom silo discard`"),
        (("apply", "counter", "1"), 2, "is no proposal"),
        (("discard", "counter", "p9"), 2, "has no proposal 9"),
    ],
)
def test_what_is_not_there_is_wrong_use(
    loom: Callable[..., Any], counter: object, arguments: tuple[str, ...], status: int, words: str
) -> None:
    refused = loom("silo", *arguments)
    assert (refused.status, words in refused.errors) == (status, True), refused.errors
