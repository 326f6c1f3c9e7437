"""Scorers with parameters as small forms: on the evaluation form and when outputs are scored again."""

import re
from html.parser import HTMLParser

import pytest

from loom.evaluation.scorers.catalogue import BUILT_IN
from loom.workshop.sent.scorers import SentScorers, offered

EVAL = "/workers/classifier/eval"
FORM = {"suite": "classifier", "limit": "2"}


class Fields(HTMLParser):
    """Every field of a page: by name its attributes, and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("input", "textarea", "select") and given.get("name"):
            self.found[given["name"] or ""] = given
        self._area = given.get("name") or "" if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area]["text"] = data


async def scorers_of(visitor, run: str) -> set[str]:
    """The scorers that judged a case of a run."""
    cases = (await visitor.json("GET", f"/api/v1/evaluations/{run}/cases"))["items"]
    return set(cases[0]["scores"])


async def evaluated(visitor, **form: str) -> str:
    """The evaluation that the form leads to, when it has ended."""
    answer = await visitor.post(f"{EVAL}/run", **FORM, **form)
    run = answer.headers["location"].rpartition("/")[2]
    await ended(visitor, run)
    return run


async def ended(visitor, run: str) -> None:
    report = await visitor.json("GET", f"/api/v1/evaluations/{run}")
    await visitor.get(f"/events/job:{report['job']}")  # which ends with it


async def fields_of(visitor, scorer: str) -> dict[str, dict[str, str | None]]:
    """What comes once it is ticked."""
    return Fields((await visitor.get(f"/scorers/{scorer}/fields")).text).found


async def test_every_scorer_of_loom_has_a_form_of_all_its_parameters(visitor) -> None:
    fields = {name: one for scorer in BUILT_IN for name, one in (await fields_of(visitor, scorer)).items()}
    elsewhere = {
        "scorer.custom.file",
        *(f"scorer.llm_judge.{one}" for one in ("model", "endpoint", "prompt")),
    }
    named = {f"scorer.{entry.name}.{param.name}" for entry in BUILT_IN.values() for param in entry.params}
    assert named - elsewhere <= fields.keys()
    assert not elsewhere & fields.keys()
    votes = fields["scorer.llm_judge.votes"]
    assert (votes["min"], votes["max"], votes["step"], votes["value"]) == ("1", "9", "1", "1")


async def test_the_fields_of_a_scorer_come_once_it_is_ticked(visitor) -> None:
    page = (await visitor.get(EVAL)).text
    assert not [name for name in Fields(page).found if name.startswith("scorer.")]
    for scorer in BUILT_IN:
        assert f'hx-get="/scorers/{scorer}/fields"' in page
    assert {name.split(".")[1] for name in await fields_of(visitor, "regex")} == {"regex"}
    assert "there is no scorer" in (await visitor.get("/scorers/nobodys/fields", 404)).text


@pytest.mark.parametrize("act", ["eval", "rescore"])
async def test_without_script_a_button_brings_the_fields_of_what_is_ticked(visitor, act: str) -> None:
    run = await evaluated(visitor, scoring="exact_match")
    before = (await visitor.json("GET", "/api/v1/runs"))["items"]
    path = {"eval": f"{EVAL}/run", "rescore": f"/runs/{run}/rescore"}[act]
    page = (await visitor.post(path, 200, **FORM, scoring="length", fields_only="yes")).text
    assert '<noscript><button class="button button-plain" name="fields_only" value="yes">' in page
    shown = {name: one for name, one in Fields(page).found.items() if name.startswith("scorer.")}
    assert {name.split(".")[1] for name in shown} == {"length"}
    assert not any(one.get("aria-invalid") for one in shown.values())
    assert (await visitor.json("GET", "/api/v1/runs"))["items"] == before


@pytest.mark.parametrize("act", ["eval", "rescore"])
async def test_without_script_one_that_lacks_what_it_needs_comes_back_with_its_fields(
    visitor, act: str
) -> None:
    run = await evaluated(visitor, scoring="exact_match")
    path = {"eval": f"{EVAL}/run", "rescore": f"/runs/{run}/rescore"}[act]
    fields = Fields((await visitor.post(path, 400, **FORM, scoring="regex")).text).found
    assert fields["scorer.regex.pattern"]["aria-invalid"] == "true"
    assert "scorer.length.max_words" not in fields


async def test_what_was_typed_for_one_that_is_no_longer_ticked_stays(visitor) -> None:
    typed = {"scorer.length.max_words": "60"}
    page = (await visitor.post(f"{EVAL}/run", 400, **FORM, scoring="regex", **typed)).text
    fields = Fields(page).found
    assert fields["scorer.length.max_words"]["value"] == "60"
    assert 'value="length" checked' not in page


async def test_what_is_filled_in_is_what_scores(visitor) -> None:
    run = await evaluated(
        visitor,
        scoring="regex",
        **{
            "scorer.regex.pattern": "BILLING",
            "scorer.regex.ignore_case": "true",
            "scorer.regex.threshold": "1",
        },
    )
    assert await scorers_of(visitor, run) == {"regex"}
    form = Fields((await visitor.get(f"/runs/{run}/rescore")).text).found
    assert form["scorer.regex.pattern"]["value"] == "BILLING"
    assert "checked" in form["scorer.regex.ignore_case"]
    assert form["scorer.regex.threshold"]["value"] == "1"


@pytest.mark.parametrize(
    ("name", "field", "given", "said"),
    [
        ("regex", "pattern", "", "is missing"),
        ("regex", "pattern", "(", "is not a regular expression"),
        ("length", "max_words", "many", "a whole number of at least 0"),
        ("llm_judge", "votes", "12", "a whole number from 1 to 9"),
        ("numeric", "threshold", "2", "a number from 0 to 1"),
        ("json_schema", "schema", "{oops", "is no JSON"),
    ],
)
async def test_a_mistake_stands_at_its_field_which_keeps_what_was_typed(
    visitor, name: str, field: str, given: str, said: str
) -> None:
    whole = f"scorer.{name}.{field}"
    page = (await visitor.post(f"{EVAL}/run", 400, **FORM, scoring=name, **{whole: given})).text
    shown = Fields(page).found[whole]
    assert shown["aria-invalid"] == "true"
    assert (shown.get("value") or shown.get("text", "").removeprefix("\n")) == given
    told = re.search(rf'id="{shown["aria-describedby"]}">(.*?)</p>', page)
    assert told
    assert said in told[1]
    assert 'name="scoring" value="' + name + '" checked' in page


async def test_every_mistake_is_told_at_once(visitor) -> None:
    form = {"scorer.length.max_words": "x", "scorer.length.min_words": "y", "scorer.length.weight": "-1"}
    page = (await visitor.post(f"{EVAL}/run", 400, **FORM, scoring="length", **form)).text
    fields = Fields(page).found
    assert all(fields[name].get("aria-invalid") for name in form)


async def test_what_is_wrong_with_a_scorer_as_a_whole_stands_at_it(visitor) -> None:
    page = (await visitor.post(f"{EVAL}/run", 400, **FORM, scoring="keyword")).text
    choice = page.partition('id="scorer-keyword"')[2].partition("</li>")[0]
    assert "has no word to look for" in choice
    unknown = (await visitor.post(f"{EVAL}/run", 400, **FORM, scoring="nobodys")).text
    assert "is not a known scorer" in unknown


async def test_what_stands_in_the_fields_of_one_that_is_not_ticked_is_no_mistake(visitor) -> None:
    run = await evaluated(visitor, scoring="exact_match", **{"scorer.regex.pattern": "("})
    assert await scorers_of(visitor, run) == {"exact_match"}


async def test_the_button_says_what_is_missing(visitor) -> None:
    asked = {"HX-Request": "true"}
    form = {**FORM, "scoring": "regex"}
    answer = await visitor.client.post(f"{EVAL}/estimate", data=form, headers=asked)
    assert "regex, Pattern is missing" in answer.text


STRICT = """\
schema: loom/v1
name: strict
scorers: [{scorer: field_match, threshold: 0.8}]
cases: [{name: a, input: {text: A bill.}, expected_output: {category: billing}}]
"""


async def test_what_is_ticked_begins_as_the_suite_has_it_else_as_where_nobody_says_anything(visitor) -> None:
    visitor.write("suites/strict.yaml", STRICT)
    threshold = "scorer.field_match.threshold"
    for suite, expected in (("strict", "0.8"), ("classifier", "1"), ("nobodys", "1")):
        page = (await visitor.get(f"/scorers/field_match/fields?suite={suite}")).text
        assert Fields(page).found[threshold]["value"] == expected
    plain = Fields((await visitor.get("/scorers/regex/fields?suite=strict")).text).found
    assert plain["scorer.regex.threshold"]["value"] == "0.5"


async def test_a_tick_alone_scores_as_the_suite_does_and_the_run_says_so(visitor) -> None:
    visitor.write("suites/strict.yaml", STRICT)
    for form, passes in (
        ({}, "field_match from 0.8"),
        ({"scoring": "field_match"}, "field_match from 0.8"),
        ({"scoring": "field_match", "scorer.field_match.threshold": "0.5"}, "field_match from 0.5"),
    ):
        made = (await visitor.post(f"{EVAL}/run", suite="strict", **form)).headers["location"]
        page = (await visitor.get(made)).text
        assert f"<dt>Passes by</dt><dd>{passes}</dd>" in page


async def test_a_scorer_that_a_program_names_is_meant_as_it_is(visitor) -> None:
    cases = "[{name: a, input: {text: A bill.}, expected_output: {category: billing}}]"
    for form, passes in (({"scoring": "field_match"}, "field_match from 0.5"), ({}, "field_match from 1")):
        made = (await visitor.post(f"{EVAL}/run", test_suite=cases, **form)).headers["location"]
        assert f"<dd>{passes}</dd>" in (await visitor.get(made)).text


async def test_help_shows_code_as_code_and_says_what_is_required(visitor) -> None:
    page = (await visitor.get("/scorers/keyword/fields")).text
    assert "<code>art</code> is not found in <code>party</code>" in page
    assert "`" not in page
    assert "Required: a regular expression" in (await visitor.get("/scorers/regex/fields")).text


async def test_outputs_are_scored_again_by_what_was_filled_in(visitor) -> None:
    run = await evaluated(visitor)
    here = f"/runs/{run}/rescore"
    form = {
        "scoring": "keyword",
        "scorer.keyword.any": "billing\r\ntechnical",
        "scorer.keyword.field": "category",
    }
    made = (await visitor.post(here, **form)).headers["location"]
    again = made.removeprefix("/runs/")
    await ended(visitor, again)
    assert await scorers_of(visitor, again) == {"keyword"}
    nothing = (await visitor.post(here, 400)).text
    assert "tick one above" in nothing


async def test_a_run_leads_to_its_re_scoring(visitor) -> None:
    run = await evaluated(visitor)
    assert f'href="/runs/{run}/rescore"' in (await visitor.get(f"/runs/{run}")).text


@pytest.mark.parametrize(
    "spec",
    [
        {"scorer": "exact_match"},
        {"scorer": "regex", "pattern": "a", "full": True},
        {"scorer": "keyword", "any": ["a", "b"], "ignore_case": True},
        {"scorer": "length", "max_words": 60, "weight": 0.5},
        {"scorer": "format", "format": "json", "threshold": 0.9},
        {"scorer": "json_schema", "schema": {"required": ["total"]}},
        {"scorer": "llm_judge", "rubric": "calm\nand short", "votes": 3},
        {"scorer": "numeric", "field": "total", "tolerance": 0.01},
    ],
)
def test_the_form_of_a_scorer_says_the_same_as_its_yaml(spec) -> None:
    sent = SentScorers.of([spec])
    assert sent.further == ""
    assert sent.specs() == (spec,)


async def test_what_a_field_says_counts_and_not_what_the_suite_says(visitor) -> None:
    form = {"suite": "classifier", "scoring": "field_match", "scorer.field_match.threshold": "0.5"}
    asked = {"HX-Request": "true"}
    shown = (await visitor.client.post(f"{EVAL}/estimate", data=form, headers=asked)).text
    assert "passes by field_match from 0.5<" in shown


def test_what_no_form_can_say_stays_yaml() -> None:
    specs = [
        {"scorer": "exact_match"},
        {"scorer": "regex", "pattern": "a"},
        {"scorer": "regex", "pattern": "b"},
    ]
    judged = {"scorer": "llm_judge", "criteria": {"tone": "calm"}, "model": "m"}
    sent = SentScorers.of([*specs, judged])
    assert sent.ticked == ("exact_match", "regex")
    assert list(sent.specs()) == [*specs, judged]


def test_another_name_of_a_parameter_is_the_same_field() -> None:
    sent = SentScorers.of([{"scorer": "keyword", "keywords": "refund"}])
    assert sent.values["keyword"] == {"all": ["refund"]}


def test_no_form_of_a_scorer_asks_for_what_a_browser_would_insist_on_unseen() -> None:
    flags = {"boolean"}
    for one in offered().values():
        kinds = {one.schema["properties"][name].get("type") for name in one.schema["required"]}
        assert kinds <= flags, one.name
