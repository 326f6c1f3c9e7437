"""`loom init`: a folder that works at once, and nothing of what was there is touched; what its CI file does, works."""

import re
import shlex
from pathlib import Path
from string import Template

import pytest
import yaml

from loom.catalog.project import Ci, ci_text

ROOT = Path(__file__).resolve().parents[2]
_TUTORIAL = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
CAREFUL, SHORTENED = re.findall(
    r"```yaml\n# file: configs/workers/inbox.yaml\n(.*?)```", _TUTORIAL, re.DOTALL
)
MADE = {".gitignore", "README.md", "configs/suites/inbox.yaml", "configs/workers/inbox.yaml"}


def test_a_new_folder_is_valid_can_be_evaluated_and_says_what_to_do_next(loom, home):
    first = loom("init", "shop")
    assert first.status == 0
    assert "cd shop" in first.out
    assert "loom eval inbox --suite inbox" in first.out
    configs = ("--configs-dir", "shop/configs")
    assert loom("validate", "--all", *configs).status == 0
    assert loom("eval", "inbox", "--suite", "inbox", *configs, "--json").json["pass_rate"]["attempted"] == 24


def test_programs_learn_what_was_made_and_a_second_time_keeps_it_all(loom, home):
    assert set(loom("init", "--json").json["created"]) == MADE
    again = loom("init", "--json").json
    assert again["created"] == []
    assert set(again["kept"]) == MADE


def test_a_file_that_is_there_stays_as_it_is(loom, home):
    (home / "README.md").write_text("mine")
    assert loom("init", "--json").json["kept"] == ["README.md"]
    assert (home / "README.md").read_text() == "mine"


def test_the_folder_above_may_be_meant(loom, home, monkeypatch):
    inner = home / "project/inner"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert loom("init", "..").status == 0
    assert (home / "project/configs/workers/inbox.yaml").is_file()
    assert list(inner.iterdir()) == []


def test_a_link_in_the_way_is_not_followed(loom, home):
    outside = home / "outside"
    (home / "shop").mkdir()
    outside.mkdir()
    (home / "shop/configs").symlink_to(outside)
    refused = loom("init", "shop")
    assert refused.status == 2
    assert "is a link" in refused.errors
    assert list(outside.iterdir()) == []
    assert list((home / "shop").iterdir()) == [home / "shop/configs"]


def test_a_link_in_the_place_of_a_file_is_kept_and_what_it_leads_to_too(loom, home):
    (home / "notes.md").write_text("mine")
    (home / "shop").mkdir()
    (home / "shop/README.md").symlink_to(home / "notes.md")
    assert "README.md" in loom("init", "shop", "--json").json["kept"]
    assert (home / "notes.md").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_an_error_with_a_remedy(loom, home):
    (home / "shop").write_text("")
    refused = loom("init", "shop")
    assert refused.status == 2
    assert "choose another folder" in refused.errors


@pytest.mark.parametrize(
    ("name", "file"), [("github", ".github/workflows/loom.yml"), ("gitlab", ".gitlab-ci.yml")]
)
def test_a_ci_file_is_made_on_request_and_is_the_one_of_the_documentation(loom, home, name, file):
    assert loom("init", "--ci", name, "--json").json["created"].count(file) == 1
    written = Path(file).read_text()
    assert written == ci_text(Ci(name))
    assert f"```text\n{written}```" in (ROOT / "docs/ci.md").read_text()


@pytest.mark.parametrize("ci", Ci)
@pytest.mark.parametrize(("prompt", "statuses"), [(CAREFUL, [0, 0, 0, 0]), (SHORTENED, [0, 0, 0, 1])])
def test_what_ci_runs_lets_in_what_is_no_worse_and_fails_on_a_regression(
    loom, home, monkeypatch, ci, prompt, statuses
):
    for folder in ("before", "after"):
        loom("init", folder)
    Path("before/configs/workers/inbox.yaml").write_text(CAREFUL + "knowledge_sources: [{path: terms.md}]\n")
    Path("before/terms.md").write_text("The shop is closed on Mondays.")
    monkeypatch.chdir("after")
    Path("configs/workers/inbox.yaml").write_text(prompt)
    done = []
    for folder, words in _commands(ci, Path.cwd()):
        monkeypatch.chdir(folder)
        done.append(loom(*words))
    assert [one.status for one in done] == statuses, [one.errors for one in done]
    assert Path("report.xml").read_text().startswith("<?xml")


def _commands(ci, project):
    """Every `loom` command of the file, as its shell would split it, with the folder it runs in."""
    file = yaml.safe_load(ci_text(ci))
    script = file["loom"]["script"] if ci is Ci.GITLAB else []
    script = script or [step["run"] for step in file["jobs"]["evaluate"]["steps"] if "run" in step]
    variables = file.get("env") or file["loom"]["variables"]
    known = {"WORKER": variables["WORKER"], "SUITE": variables["SUITE"]}
    known |= dict.fromkeys(("GITHUB_WORKSPACE", "CI_PROJECT_DIR"), str(project))
    for line in "\n".join(script).splitlines():
        *moved, command = line.strip("()").split(" && ")
        words = shlex.split(Template(command).safe_substitute(known), comments=True)
        if words[:1] == ["loom"]:
            yield project / "".join(moved).removeprefix("cd "), words[1:]


def test_an_unknown_ci_is_named(loom, home):
    refused = loom("init", "--ci", "githb")
    assert refused.status == 2
    assert "did you mean 'github'?" in refused.errors
