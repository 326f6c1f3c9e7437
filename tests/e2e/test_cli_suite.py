"""`loom suite` and `loom test --save-case`, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loom.evaluation.suites.files import load_suite

INPUT = '{"text": "Where is my parcel?"}'
CONFIG = """\
prompts: ["Say it in one word: {{text}}"]
providers: [openai:gpt-4o-mini]
tests:
  - vars: {text: [yes please, no thanks], right: "e"}
    assert: [{type: contains, value: "{{right}}"}, {type: javascript, value: "output.length < 9"}]
"""

Loom = Callable[..., Any]


class TestShow:
    def test_all_suites_are_listed_and_one_is_shown(self, loom: Loom) -> None:
        listed = loom("suite", "show", "--json").json
        assert {"name": "classifier", "source": "shipped"}.items() <= listed[0].items()
        shown = loom("suite", "show", "classifier", "--split", "sealed", "--limit", "1")
        assert shown.out.startswith("classifier · ")
        assert "and 19 more; --limit shows them" in shown.out

    def test_json_has_the_chosen_cases_and_the_whole_counts(self, loom: Loom) -> None:
        shown = loom("suite", "show", "classifier", "--split", "sealed", "--json").json
        assert {case["split"] for case in shown["cases"]} == {"sealed"}
        assert sum(shown["splits"].values()) > len(shown["cases"])

    def test_json_has_as_many_cases_as_the_limit_says_and_all_without_one(self, loom: Loom) -> None:
        show = ("suite", "show", "classifier", "--json")
        every, some = loom(*show).json, loom(*show, "--limit", "3").json
        assert len(every["cases"]) == sum(every["splits"].values()) > 50
        assert (some["cases"], some["splits"]) == (every["cases"][:3], every["splits"])

    def test_a_selection_without_cases_is_wrong_use(self, loom: Loom) -> None:
        assert loom("suite", "show", "classifier", "--tag", "none").status == 2


class TestExportAndImport:
    @pytest.mark.parametrize("ending", ["yaml", "json", "jsonl", "parquet"])
    def test_a_suite_goes_out_and_comes_back(self, loom: Loom, home: Path, ending: str) -> None:
        assert loom("suite", "export", "classifier", "--to", f"out.{ending}").status == 0
        assert loom("suite", "import", f"out.{ending}", "--name", "back").status == 0
        back, before = (loom("suite", "show", name, "--json").json for name in ("back", "classifier"))
        assert (back["cases"], back["scorers"]) == (before["cases"], before["scorers"])
        assert (home / "configs/suites/back.yaml").is_file()

    def test_an_export_chooses_cases_and_says_what_it_leaves_out(self, loom: Loom) -> None:
        said = loom("suite", "export", "classifier", "--to", "s.csv", "--split", "sealed", "--json").json
        assert said == {"file": "s.csv", "cases": 20, "left_out": ["description", "scorers"]}
        assert loom("suite", "export", "classifier", "--to", "s.csv").status == 2
        assert loom("suite", "export", "classifier", "--to", "s.csv", "--force").status == 0

    def test_a_promptfoo_configuration_becomes_a_worker_and_a_suite_that_run(
        self, loom: Loom, home: Path
    ) -> None:
        (home / "promptfooconfig.yaml").write_text(CONFIG)
        said = loom("suite", "import", "promptfooconfig.yaml", "--name", "short")
        assert "javascript  tests[0].assert[1]" in said.out
        assert loom("validate", "--all").status == 0
        report = loom("eval", "short", "--suite", "short", "--model", "sim-medium", "--json").json
        assert report["pass_rate"]["attempted"] == 2

    def test_a_dry_run_writes_nothing(self, loom: Loom, home: Path) -> None:
        (home / "promptfooconfig.yaml").write_text(CONFIG)
        said = loom("suite", "import", "promptfooconfig.yaml", "--name", "short", "--dry-run", "--json").json
        assert (said["cases"], said["workers"], len(said["files"])) == (2, ["short"], 2)
        assert {one["what"] for one in said["left_out"]} == {"javascript", "right"}
        assert not (home / "configs").exists()

    def test_an_import_replaces_nothing_unasked(self, loom: Loom, home: Path) -> None:
        (home / "promptfooconfig.yaml").write_text(CONFIG)
        worker = home / "configs/workers/short.yaml"
        worker.parent.mkdir(parents=True)
        worker.write_text("mine")
        refused = loom("suite", "import", "promptfooconfig.yaml", "--name", "short")
        assert (refused.status, "--force" in refused.errors) == (2, True)
        assert worker.read_text() == "mine"
        assert not (home / "configs/suites").exists()

    @pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", ""])
    def test_a_name_leads_nowhere_else(self, loom: Loom, home: Path, name: str) -> None:
        (home / "promptfooconfig.yaml").write_text(CONFIG)
        assert loom("suite", "import", "promptfooconfig.yaml", "--name", name).status == 2

    def test_a_configuration_that_is_code_is_not_run(self, loom: Loom, home: Path) -> None:
        (home / "promptfooconfig.js").write_text("process.exit()")
        refused = loom("suite", "import", "promptfooconfig.js")
        assert (refused.status, "is code" in refused.errors) == (2, True)


class TestCheckAndSplit:
    def test_a_leak_is_an_error_and_a_repeated_case_a_warning(self, loom: Loom, home: Path) -> None:
        case = '{"input": {"x": 1}, "expected_output": {"y": 1}'
        (home / "s.jsonl").write_text(f'{case}}}\n{case}}}\n{case}, "split": "sealed"}}\n')
        found = loom("suite", "check", "./s.jsonl")
        assert found.status == 1
        assert "s.jsonl:3: '[2]' has the input of case 'case-1', which is in split train" in found.out
        told = loom("suite", "check", "./s.jsonl", "--json").json
        assert (told["valid"], len(told["errors"]), len(told["warnings"])) == (False, 1, 2)

    def test_a_suite_is_divided_and_may_be_evaluated_by_split(self, loom: Loom, home: Path) -> None:
        rows = "".join(f'{{"input": {{"text": "parcel {n}"}}, "expected_output": {{}}}}\n' for n in range(10))
        (home / "s.jsonl").write_text(rows)
        said = loom(
            "suite", "split", "./s.jsonl", "--train", "50", "--validation", "30", "--sealed", "20", "--json"
        ).json
        assert said["splits"] == {"train": 5, "validation": 3, "sealed": 2}
        assert "already" in loom("suite", "split", "./s.jsonl").out
        report = loom("eval", "classifier", "--suite", "./s.jsonl", "--split", "sealed", "--json").json
        assert report["pass_rate"]["attempted"] == 2

    def test_a_suite_that_comes_with_loom_is_not_changed(self, loom: Loom) -> None:
        refused = loom("suite", "split", "classifier")
        assert (refused.status, "loom suite export" in refused.errors) == (2, True)

    def test_shares_of_nothing_are_refused(self, loom: Loom, home: Path) -> None:
        (home / "s.jsonl").write_text('{"input": {}}')
        assert (
            loom("suite", "split", "./s.jsonl", "--train", "0", "--validation", "0", "--sealed", "0").status
            == 2
        )


class TestSaveCase:
    def test_a_test_begins_a_suite_and_the_next_one_is_added(self, loom: Loom, home: Path) -> None:
        first = loom(
            "test", "classifier", "--input", INPUT, "--save-case", "mine", "--expect", "accept-output"
        )
        assert "saved as case 'case-1' of configs/suites/mine.yaml" in first.out
        expect = (
            "--expect",
            '{"category": "delivery"}',
            "--name",
            "late",
            "--tag",
            "a",
            "--tag",
            "b",
            "--split",
            "sealed",
        )
        second = loom(
            "test", "classifier", "--input", '{"text": "late"}', "--save-case", "mine", *expect, "--json"
        ).json
        assert second["saved_case"] == {"suite": "configs/suites/mine.yaml", "name": "late"}
        one, two = load_suite(home / "configs/suites/mine.yaml").cases
        assert one.expected_output["category"]
        assert (two.expected_output, two.tags, two.split) == ({"category": "delivery"}, ("a", "b"), "sealed")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--expect", "{"], "is not JSON"),
            (["--expect", "@none.json"], "cannot be read"),
            (["--split", "trian"], "train"),
            (["--name", "x" * 300], "longer than 200"),
            (["--tag", ""], "'--tag' is empty"),
        ],
    )
    def test_what_cannot_be_saved_is_refused_before_anything_is_asked(
        self, loom: Loom, home: Path, options: list[str], words: str
    ) -> None:
        refused = loom("test", "classifier", "--input", INPUT, "--save-case", "mine", *options)
        assert (refused.status, refused.out, words in refused.errors) == (2, "", True)
        assert loom("runs", "--json").json == []

    def test_the_same_case_is_refused_before_anything_is_asked(self, loom: Loom) -> None:
        saved = ("test", "classifier", "--input", INPUT, "--save-case", "mine")
        assert loom(*saved).status == 0
        again = loom(*saved, "--name", "other")
        assert (again.status, again.out) == (3, "")
        assert "as case 'case-1'" in again.errors
        assert len(loom("runs", "--json").json) == 1

    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_an_output_that_breaks_the_contract_is_shown_before_its_case_is_refused(
        self, loom: Loom, home: Path, options: tuple[str, ...]
    ) -> None:
        (home / "w.yaml").write_text(
            "name: w\nsystem_prompt: x\noutput_schema:\n"
            "  {type: object, required: [a], properties: {a: {type: string, pattern: '^never$'}}}\n"
        )
        save = ("--save-case", "mine", "--expect", "accept-output")
        tested = loom("test", "w.yaml", "--input", '{"text": "x"}', *save, *options)
        assert (tested.status, "cannot accept an output" in tested.errors) == (1, True), tested
        assert (tested.json["success"] is False) if options else ("w · sim-" in tested.out)
        assert not (home / "configs/suites/mine.yaml").exists()

    def test_an_option_about_a_case_needs_a_suite(self, loom: Loom) -> None:
        refused = loom("test", "classifier", "--input", INPUT, "--tag", "a")
        assert (refused.status, "--save-case" in refused.errors) == (2, True)

    def test_an_expectation_may_come_from_a_file(self, loom: Loom, home: Path) -> None:
        (home / "right.json").write_text(json.dumps({"category": "other"}))
        loom("test", "classifier", "--input", INPUT, "--save-case", "./mine.csv", "--expect", "@right.json")
        assert load_suite(home / "mine.csv").cases[0].expected_output == {"category": "other"}
