"""promptfoo configurations: what they become, what is said about the rest, and what they may not do."""

from pathlib import Path

import pytest
from promptfoo_configs import QUESTION, asserted, imported, left

from loom.core.jsonvalue import Json, JsonValue
from loom.core.worker_config import WorkerConfig
from loom.evaluation.models import ABSENT, Case
from loom.evaluation.scorers import ScoreInput, make_scorer
from loom.evaluation.suites.promptfoo import Imported, is_promptfoo
from loom.evaluation.suites.promptfoo.tables import expectation


def scorer_of(made: Imported) -> JsonValue:
    (scorer,) = made.suite.scorers
    return scorer


def passes(made: Imported, answer: str) -> bool:
    """Whether every scorer is satisfied with this answer."""
    (case,) = made.suite.cases
    output: JsonValue = {"answer": answer}
    scorers = [make_scorer(spec) for spec in made.suite.scorers]
    item = ScoreInput(case.input, output, case.expected_output, None)
    return all((one.score(item).value or 0.0) >= one.threshold for one in scorers)


class TestPrompts:
    def test_a_prompt_becomes_a_valid_worker_with_a_contract(self, tmp_path: Path):
        made = imported(tmp_path, [{"vars": {"question": "why?"}}])
        (worker,) = made.workers
        config = WorkerConfig.from_mapping(worker.definition)
        assert config.name == "made"
        assert config.system_prompt.startswith(QUESTION)
        assert config.input_schema == {
            "type": "object",
            "required": ["question"],
            "properties": {"question": {"type": "string"}},
        }
        assert (config.output_schema or {})["required"] == ["answer"]

    def test_prompts_come_from_files_and_several_from_one(self, tmp_path: Path):
        (tmp_path / "two.txt").write_text("First {{question}}\n---\nSecond {{question}}\n")
        prompts = ["file://two.txt", {"raw": "Third", "label": "The third"}]
        made = imported(tmp_path, [{"vars": {"question": "q"}}], prompts=prompts)
        assert [worker.name for worker in made.workers] == ["made_two_1", "made_two_2", "made_the_third"]

    @pytest.mark.parametrize("name", ["chat.json", "chat.yaml"])
    def test_a_chat_becomes_instructions_and_examples(self, name: str, tmp_path: Path):
        (tmp_path / name).write_text(
            '[{"role": "system", "content": "Be terse."}, {"role": "user", "content": "hi"},'
            ' {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "{{question}}"}]'
        )
        (worker,) = imported(tmp_path, [{"vars": {"question": "q"}}], prompts=[f"file://{name}"]).workers
        assert worker.definition["system_prompt"].startswith("Be terse.\n\n{{question}}\n\nINPUT FORMAT:")
        assert worker.definition["few_shot"] == [{"input": "hi", "output": {"answer": "Hello."}}]

    def test_what_is_more_than_a_variable_is_listed_and_its_variable_still_reaches_the_model(
        self, tmp_path: Path
    ):
        prompts = ["{% if tone %}Be {{ tone | upper }}.{% endif %} {{question}} {{env.KEY}}"]
        made = imported(tmp_path, [{"vars": {"question": "q", "tone": "kind"}}], prompts=prompts)
        assert {"{{ tone | upper }}", "{% if tone %}", "{{env.KEY}}"} <= left(made).keys()
        assert made.suite.cases[0].input == {"tone": "kind", "question": "q"}

    def test_the_first_provider_is_taken_with_its_parameters_and_no_secret(self, tmp_path: Path):
        config = {
            "temperature": 0.5,
            "max_tokens": 9,
            "apiKey": "sk-canary",
            "apiBaseUrl": "http://canary",
            "x": 1,
        }
        providers = [
            {"id": "openai:chat:ft:gpt:org", "config": config},
            "ollama:chat:llama3:8b",
            "exec:canary",
        ]
        made = imported(tmp_path, [{"vars": {"question": "q"}}], providers=providers)
        definition = made.workers[0].definition
        assert (definition["model"], definition["temperature"]) == ("ft:gpt:org", 0.5)
        assert definition["max_output_tokens"] == 9
        assert made.models == ("ft:gpt:org", "llama3:8b")
        assert {"config.apiKey", "config.apiBaseUrl", "config.x", "ollama:llama3:8b"} <= left(made).keys()
        assert "sk-canary" not in repr(made)

    def test_a_prompt_that_asks_for_json_answers_in_json(self, tmp_path: Path):
        schema = {"type": "object", "required": ["total"]}
        made = asserted(
            tmp_path, {"type": "is-json", "value": schema}, {"type": "equals", "value": {"total": 1}}
        )
        assert made.workers[0].definition["output_schema"] == {"type": "object"}
        assert made.suite.cases[0].expected_output == {"total": 1}
        assert made.suite.scorers == ({"scorer": "json_schema", "schema": schema}, "exact_match")


class TestTests:
    def test_lists_of_values_become_a_case_each(self, tmp_path: Path):
        tests = [{"description": "d", "vars": {"question": ["a", "b"]}}]
        cases = imported(tmp_path, tests).suite.cases
        assert [(case.name, case.input) for case in cases] == [
            ("d", {"question": "a"}),
            ("d (2)", {"question": "b"}),
        ]

    def test_names_are_made_unique(self, tmp_path: Path):
        tests = [{"description": name, "vars": {"question": name}} for name in ("d", "d (2)", "d", "d")]
        cases = imported(tmp_path, tests).suite.cases
        assert [case.name for case in cases] == ["d", "d (2)", "d (3)", "d (4)"]

    def test_what_only_assertions_use_is_kept_from_the_model(self, tmp_path: Path):
        tests = [
            {
                "vars": {"question": "q", "right": "Paris"},
                "assert": [{"type": "contains", "value": "{{right}}"}],
            }
        ]
        made = imported(tmp_path, tests)
        assert made.suite.cases[0].input == {"question": "q"}
        assert scorer_of(made) == {"scorer": "keyword", "all": ["Paris"], "field": "answer"}
        assert "kept from the model" in left(made)["right"]

    def test_defaults_are_merged_and_may_be_refused(self, tmp_path: Path):
        default = {
            "vars": {"question": "d"},
            "assert": [{"type": "contains", "value": "x"}],
            "metadata": {"area": "geo"},
        }
        tests = [{}, {"vars": {"question": "own"}, "options": {"disableDefaultAsserts": True}}]
        first, second = imported(tmp_path, tests, defaultTest=default).suite.cases
        assert (first.input, first.tags, len(first.scorers)) == ({"question": "d"}, ("area=geo",), 1)
        assert (second.input, second.scorers) == ({"question": "own"}, ())

    def test_scenarios_are_multiplied_out(self, tmp_path: Path):
        scenario = {
            "config": [{"vars": {"question": "a"}}, {"vars": {"question": "b"}}],
            "tests": [{"assert": [{"type": "contains", "value": "{{question}}"}]}, {"description": "other"}],
        }
        cases = imported(tmp_path, None, scenarios=[scenario]).suite.cases
        assert [case.input["question"] for case in cases] == ["a", "b", "a", "b"]
        assert cases[1].scorers[0]["all"] == ["b"]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("t.csv", 'question,__expected,__metadata:area\nq,"icontains: x",geo\n'),
            (
                "t.jsonl",
                '{"vars": {"question": "q"}, "assert": [{"type": "icontains", "value": "x"}], "metadata": {"area": "geo"}}',
            ),
            (
                "t.yaml",
                "- {vars: {question: q}, assert: [{type: icontains, value: x}], metadata: {area: geo}}",
            ),
            (
                "t.json",
                '[{"vars": {"question": "q"}, "assert": [{"type": "icontains", "value": "x"}], "metadata": {"area": "geo"}}]',
            ),
        ],
    )
    def test_tests_come_from_files(self, name: str, text: str, tmp_path: Path):
        (tmp_path / name).write_text(text)
        made = imported(tmp_path, f"file://{name}")
        assert made.suite.cases == (Case("case-1", {"question": "q"}, tags=("area=geo",)),)
        assert scorer_of(made) == {"scorer": "keyword", "all": ["x"], "field": "answer", "ignore_case": True}

    def test_values_come_from_files(self, tmp_path: Path):
        (tmp_path / "q.txt").write_text("from a file\n")
        made = imported(tmp_path, [{"vars": {"question": "file://q.txt"}}])
        assert made.suite.cases[0].input == {"question": "from a file"}

    @pytest.mark.parametrize(
        ("cell", "wanted"),
        [
            ("Paris", {"type": "equals", "value": "Paris"}),
            ("note: this", {"type": "equals", "value": "note: this"}),
            ("contains-any: a, b", {"type": "contains-any", "value": ["a", "b"]}),
            ("similar(0.8): hello", {"type": "similar", "value": "hello", "threshold": 0.8}),
            ("not-contains: x", {"type": "not-contains", "value": "x"}),
            ("is-json", {"type": "is-json"}),
            ("fn: output.length", {"type": "javascript", "value": "output.length"}),
            ("grade: be kind", {"type": "llm-rubric", "value": "be kind"}),
        ],
    )
    def test_a_cell_spells_an_assertion(self, cell: str, wanted: Json):
        assert expectation(cell) == wanted


class TestAssertions:
    @pytest.mark.parametrize(
        ("assertion", "good", "bad"),
        [
            ({"type": "equals", "value": "4"}, "4", "four"),
            ({"type": "equals", "value": 4}, "4", "5"),
            ({"type": "not-equals", "value": "4"}, "5", "4"),
            ({"type": "contains", "value": "Par"}, "Paris", "paris"),
            ({"type": "icontains", "value": "PAR"}, "Paris", "Rome"),
            ({"type": "not-icontains", "value": "SORRY"}, "Paris", "sorry"),
            ({"type": "contains-all", "value": ["a", "b"]}, "ab", "a"),
            ({"type": "contains-any", "value": "a, b"}, "b", "c"),
            ({"type": "not-contains-any", "value": ["a", "b"]}, "c", "b"),
            ({"type": "starts-with", "value": "(a)"}, "(a) b", "b (a)"),
            ({"type": "regex", "value": "^\\d+$"}, "12", "1a"),
            ({"type": "not-regex", "value": "\\d"}, "a", "1"),
            ({"type": "is-json"}, '{"a": 1}', "no"),
            ({"type": "similar", "value": "the cat sat", "threshold": 0.9}, "the cat sat", "dogs run"),
            ({"type": "word-count", "value": {"min": 2, "max": 3}}, "two words", "one"),
        ],
    )
    def test_what_is_taken_over_judges_as_before(self, assertion: Json, good: str, bad: str, tmp_path: Path):
        # A second test that wants text, so that `is-json` does not make the answer JSON.
        made = asserted(tmp_path, assertion)
        if assertion["type"] == "is-json":
            made = imported(
                tmp_path, [{"vars": {"question": "q"}, "assert": [assertion]}, {"vars": {"question": "r"}}]
            )
            (spec,) = made.suite.cases[0].scorers
            scorer = make_scorer(spec)
            assert scorer.score(ScoreInput({}, {"answer": good})).value == 1
            assert scorer.score(ScoreInput({}, {"answer": bad})).value == 0
            return
        assert not made.left_out
        assert passes(made, good)
        assert not passes(made, bad)

    @pytest.mark.parametrize(
        ("kind", "rubric"),
        [
            ("llm-rubric", "is kind"),
            ("model-graded-closedqa", "The answer meets this criterion: is kind"),
            ("factuality", "is kind"),
        ],
    )
    def test_what_a_model_grades_goes_to_the_judge(self, kind: str, rubric: str, tmp_path: Path):
        made = asserted(tmp_path, {"type": kind, "value": "is kind", "weight": 2, "threshold": 0.8})
        spec = scorer_of(made)
        assert (spec["scorer"], spec["weight"], spec["threshold"], spec["field"]) == (
            "llm_judge",
            2,
            0.8,
            "answer",
        )
        assert spec["rubric"].endswith(rubric)

    @pytest.mark.parametrize(
        ("assertion", "why"),
        [
            ({"type": "javascript", "value": "process.exit()"}, "code"),
            ({"type": "python", "value": "file://a.py"}, "code"),
            ({"type": "contains", "value": "file://a.js"}, "code"),
            ({"type": "contains", "value": "a", "transform": "output.x"}, "code"),
            ({"type": "cost", "threshold": 1}, "--budget-usd"),
            ({"type": "latency", "threshold": 1}, "how long"),
            ({"type": "rouge-n", "value": "a"}, "embedding_similarity"),
            ({"type": "regex", "value": "(?=a)"}, "linear time"),
            ({"type": "contains", "value": "a", "weight": 0}, "weight is 0"),
            ({"type": "not-contains-all", "value": ["a", "b"]}, "none"),
            ({"type": "nonsense"}, "no scorer"),
        ],
    )
    def test_what_is_not_taken_over_is_listed_with_the_reason(
        self, assertion: Json, why: str, tmp_path: Path
    ):
        made = asserted(tmp_path, assertion)
        (one,) = made.left_out
        assert (one.where, one.what) == ("tests[0].assert[0]", assertion["type"])
        assert why in one.why
        assert not made.suite.scorers

    def test_a_set_is_taken_apart_and_templates_are_followed(self, tmp_path: Path):
        templates = {"kind": {"type": "contains", "value": "kind"}}
        inner = [{"$ref": "#/assertionTemplates/kind"}, {"type": "contains", "value": "b"}]
        made = asserted(
            tmp_path,
            {"type": "assert-set", "weight": 2, "threshold": 0.5, "assert": inner},
            assertionTemplates=templates,
        )
        assert [spec["weight"] for spec in made.suite.scorers] == [2, 2]
        assert left(made).keys() == {"assert-set threshold"}

    def test_a_second_expectation_is_not_taken_for_the_first(self, tmp_path: Path):
        made = asserted(tmp_path, {"type": "equals", "value": "a"}, {"type": "equals", "value": "b"})
        assert made.suite.cases[0].expected_output == {"answer": "a"}
        assert "another" in left(made)["equals"]

    def test_scorers_that_all_cases_have_are_the_suites(self, tmp_path: Path):
        tests = [
            {"vars": {"question": "a"}, "assert": [{"type": "contains", "value": "z"}]},
            {"vars": {"question": "b"}},
        ]
        made = imported(tmp_path, tests, defaultTest={"assert": [{"type": "icontains", "value": "x"}]})
        assert scorer_of(made)["all"] == ["x"]
        assert [len(case.scorers) for case in made.suite.cases] == [1, 0]
        assert made.suite.cases[0].expected_output is ABSENT


def test_a_suite_of_looms_own_is_not_taken_for_promptfoo():
    assert is_promptfoo({"prompts": [], "tests": []})
    assert not is_promptfoo({"name": "s", "cases": []})
    assert not is_promptfoo({"tests": []})
    assert not is_promptfoo([1])
