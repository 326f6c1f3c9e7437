"""`loom catalog` and what tests and evaluations note there, as a person types it."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli_terminal import watched

WORKER = """# How urgent is it?
name: triage
system_prompt: |
  Say how urgent the message is, in one word.
input_schema: {type: object}
output_schema: {type: object}
"""
PIPELINE = """name: intake
pipeline_stages:
  - {name: rate, worker_type: triage}
  - {name: answer, worker_type: summarizer, input_mapping: {text: rate.output.urgency}}
"""


@pytest.fixture
def worker(home: Path) -> Path:
    path = home / "configs" / "workers" / "triage.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKER)
    return path


@pytest.fixture
def catalog(loom: Callable[..., Any], worker: Path) -> Callable[..., Any]:
    return lambda *arguments, **given: loom("catalog", *arguments, **given)


def test_a_text_is_shown_as_it_is(catalog: Callable[..., Any]) -> None:
    assert catalog("show", "triage").out == WORKER
    assert catalog("show", "triage", "--json").json["text"] == WORKER


def test_an_edit_is_in_the_history_and_in_the_difference(catalog: Callable[..., Any], worker: Path) -> None:
    catalog("history", "triage")
    worker.write_text(WORKER.replace("one word", "two words"))
    shown = catalog("history", "triage").out.splitlines()
    assert [line.split()[0] for line in shown] == ["version", "v2", "v1"]
    difference = catalog("diff", "triage").out.splitlines()
    assert difference[:2] == ["--- triage v1", "+++ triage v2"]
    assert "+  Say how urgent the message is, in two words." in difference


def test_a_text_is_saved_from_standard_input(catalog: Callable[..., Any], worker: Path) -> None:
    text = WORKER.replace("\n", "\r\n").encode()
    saved = catalog("save", "triage", "-", "--note", "for Windows", "--json", given=text)
    assert (saved.status, saved.json["version"]["number"]) == (0, 2)
    assert worker.read_bytes() == text
    assert catalog("history", "triage", "--json").json["versions"][0]["note"] == "for Windows"


def test_a_text_that_is_wrong_is_refused_with_its_place(catalog: Callable[..., Any], worker: Path) -> None:
    refused = catalog("save", "triage", "-", given=WORKER.replace("name:", "nam:").encode())
    assert refused.status == 1
    assert "triage.yaml:2:1: 'nam' is not a known key; did you mean 'name'?" in refused.errors
    assert worker.read_text() == WORKER


def test_a_text_is_refused_when_its_base_is_no_longer_there(
    catalog: Callable[..., Any], worker: Path
) -> None:
    catalog("history", "triage")
    worker.write_text(WORKER + "# changed\n")
    refused = catalog("save", "triage", "-", "--base", "v1", given=(WORKER + "# mine\n").encode())
    assert refused.status == 3
    assert "changed meanwhile; nothing was saved; see: loom catalog diff triage" in refused.errors


def test_a_new_pipeline_goes_where_pipelines_are(catalog: Callable[..., Any], home: Path) -> None:
    saved = catalog("save", "intake", "-", given=PIPELINE.encode())
    assert saved.status == 0
    assert (home / "configs" / "pipelines" / "intake.yaml").read_text() == PIPELINE
    assert catalog("list", "--kind", "pipeline", "--json").json[0]["name"] == "intake"


def test_what_comes_with_loom_is_copied_by_an_editor(
    catalog: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = home / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'ab').write(b'# mine\\n')\n")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    edited = catalog("edit", "classifier")
    assert "classifier saved · v2 · configs/workers/classifier.yaml" in edited.out
    assert "before the one from Loom; go back to that with: loom catalog delete classifier" in edited.out
    assert catalog("diff", "classifier", "shipped").out.endswith("Only comments or layout differ.\n")


def test_what_cannot_be_saved_is_kept_for_the_one_who_wrote_it(
    catalog: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = home / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'wb').write(b'name: [')\n")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    refused = catalog("edit", "triage")
    [kept] = home.glob("triage-*.yaml")
    assert refused.status == 1
    assert kept.read_bytes() == b"name: ["
    assert kept.name in refused.errors.replace("\n", "")


def test_what_was_written_is_kept_when_ctrl_c_comes_while_the_editor_is_open(
    worker: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = home / "editor.py"
    script.write_text(
        "import os, signal, sys\nopen(sys.argv[1], 'ab').write(b'# mine\\n')\nos.kill(os.getppid(), signal.SIGINT)\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    monkeypatch.setenv("TMPDIR", str(home))
    command = [sys.executable, "-m", "loom", "catalog", "edit", "triage"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    [kept] = home.glob("triage-*.yaml")
    assert (ended.returncode, kept.read_text()) == (130, f"{WORKER}# mine\n")
    assert kept.name in ended.stderr.replace("\n", "")


def test_a_living_pipeline_is_meant_before_a_deleted_worker_of_its_name(
    catalog: Callable[..., Any], worker: Path, home: Path
) -> None:
    catalog("save", "triage", "-", "--kind", "pipeline", given=PIPELINE.replace("intake", "triage").encode())
    assert catalog("delete", "triage", "--kind", "worker", "--force").status == 0
    deleted = catalog("delete", "triage")
    assert (deleted.status, list(home.glob("configs/orchestrators/*"))) == (0, []), deleted.errors
    assert "worker" in catalog("undo", "triage", "--json").out


def test_a_deletion_says_how_it_is_undone_and_a_used_worker_is_not_deleted(
    catalog: Callable[..., Any], worker: Path
) -> None:
    catalog("save", "intake", "-", given=PIPELINE.encode())
    refused = catalog("delete", "triage")
    assert (refused.status, worker.exists()) == (2, True)
    assert "'triage' is used by intake.rate; give --force to delete it anyway" in refused.errors
    assert "bring it back with: loom catalog undo triage" in catalog("delete", "triage", "--force").out
    assert "triage" in catalog("list", "--deleted").out
    assert catalog("undo", "triage").status == 0
    assert worker.read_text() == WORKER


def test_the_impact_of_a_change_is_said(catalog: Callable[..., Any], worker: Path) -> None:
    catalog("save", "intake", "-", given=PIPELINE.encode())
    worker.write_text(WORKER.replace("output_schema: {type: object}\n", ""))
    assert "triage · risk high: stages wait for its output" in catalog("impact", "triage").out
    found = catalog("impact", "triage", "--json").json
    assert (found["risk_level"], found["downstream_stages"][0]["stage"]) == ("high", "answer")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "configs/workers/triage.yaml"), "give its name: triage"),
        (("show", "triag"), "did you mean 'triage'?"),
        (("show", "nonesuch"), "there is no worker 'nonesuch'; see: loom catalog list"),
        (("show", "triage", "v9"), "has no version 'v9'; see: loom catalog history triage"),
        (("show", "triage", "oldest"), "write last, last~1, v3"),
        (("diff", "triage"), "has only 1 version"),
        (("clone", "triage", "../x"), "would lead to another folder"),
        (("clone", "triage", "nul"), "Windows"),
        (("save", "triage", "nowhere.yaml"), "'FILE' cannot be read"),
        (("list", "--source", "mine"), "is not one of own, app, shipped"),
        (("history", "triage", "--kind", "suite"), "is not one of worker, pipeline"),
    ],
)
def test_wrong_use_is_told_with_a_remedy(
    catalog: Callable[..., Any], arguments: tuple[str, ...], said: str
) -> None:
    refused = catalog(*arguments)
    assert refused.status == 2
    assert said in refused.errors.replace("\n  ", " ")


def test_a_run_says_which_text_it_used_and_whether_it_has_changed(
    loom: Callable[..., Any], worker: Path
) -> None:
    evaluate = ("eval", "triage", "--suite", "classifier", "--limit", "1")
    loom(*evaluate)
    assert "version    v1\n" in loom("runs", "show", "last").out
    worker.write_text(WORKER + "# changed\n")
    loom(*evaluate)
    assert (
        "version    v1 · changed since: loom catalog diff triage v1 last"
        in loom("runs", "show", "last~1").out
    )
    [newest, first] = loom("catalog", "history", "triage", "--json").json["versions"]
    assert loom("runs", "show", "last", "--json").json["version"] == newest["hash"] != first["hash"]


def test_a_test_notes_the_version_too(loom: Callable[..., Any], worker: Path) -> None:
    loom("test", "triage", "--input", "{}", "--json")
    assert [one["change"] for one in loom("catalog", "history", "triage", "--json").json["versions"]] == [
        "found"
    ]


def test_on_a_terminal_the_changed_words_stand_out(catalog: Callable[..., Any], worker: Path) -> None:
    catalog("history", "triage")
    worker.write_text(WORKER.replace("urgent the", "pressing the"))
    shown = watched("catalog", "diff", "triage")
    assert "\x1b[1;7;91murgent\x1b[0m" in shown
    assert "\x1b[1;7;36mpressing\x1b[0m" in shown
