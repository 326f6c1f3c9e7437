"""Suites in the browser and over REST: brought in, changed case by case, taken back, and out again in any format."""

import re
from html import unescape
from pathlib import Path

import pytest

from loom.catalog import unchanged
from loom.cli.show.suites import suite_json
from loom.evaluation.suites.files import Opened, load_suite, open_suite, parse_suite
from loom.workshop.desks import suites

SUITE = """# mine
name: mine
cases:
  # the first
  - name: a
    input: {text: one}
    tags: [x]
  - name: b
    input: {text: two}
    split: validation
"""


@pytest.fixture
def mine(visitor):
    return visitor.write("suites/mine.yaml", SUITE)


async def hash_of(visitor) -> str:
    return (await visitor.json("GET", "/api/v1/suites/mine"))["hash"]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The suite files that pages of one suite read, all of them old enough to be known."""
    found: list[Path] = []

    def opening(path: Path, *, large: bool) -> Opened:
        found.append(path)
        return open_suite(path, large=large)

    monkeypatch.setattr(unchanged, "_SETTLED_NS", 0)
    monkeypatch.setattr(suites, "open_suite", opening)
    return found


async def test_a_suite_is_read_again_when_its_file_has_changed(visitor, mine, read: list[Path]) -> None:
    first = await hash_of(visitor)
    assert await hash_of(visitor) == first
    assert read == [mine]
    mine.write_text(SUITE.replace("text: two", "text: quite new"))
    assert "quite new" in (await visitor.get("/suites/mine")).text
    assert await hash_of(visitor) != first
    assert read == [mine, mine]


async def test_a_large_suite_does_not_stay_in_memory(visitor, mine, read: list[Path]) -> None:
    mine.write_text(SUITE + "# long\n" * 10_000)
    assert await hash_of(visitor) == await hash_of(visitor)
    assert read == [mine, mine]


async def test_a_name_that_is_taken_is_told_at_the_name(visitor, mine) -> None:
    page = (await visitor.post("/suites/mine/cases", 409, name="b", input='{"text": "three"}')).text
    said = r'id="field-name-help">.{,400}has a case &#x27;b&#x27;; give it another name'
    assert re.search(said, page, re.DOTALL)
    assert page.count("give it another name") == 1


async def test_the_list_says_what_is_in_each(visitor, mine) -> None:
    found = {one["name"]: one for one in (await visitor.json("GET", "/api/v1/suites"))["items"]}
    assert (found["mine"]["cases"], found["mine"]["source"]) == (2, "own")
    assert found["mine"]["splits"] == {"train": 1, "validation": 1}
    assert "mine" in (await visitor.get("/suites?q=mine")).text
    assert "suites/mine" not in (await visitor.get("/suites?q=translator")).text


async def test_a_case_is_changed_in_its_row_and_undo_gives_every_byte_back(visitor, mine) -> None:
    form = {
        "base": await hash_of(visitor),
        "number": "1",
        "name": "b",
        "input": '{"text": "new"}',
        "split": "sealed",
    }
    answer = await visitor.post("/suites/mine/cases", **form)
    assert "text: new" in mine.read_text()
    assert "# the first" in mine.read_text()
    word = answer.headers["location"].partition("undo=")[2]
    assert word in (await visitor.get(answer.headers["location"])).text
    await visitor.post("/suites/mine/undo", word=word)
    assert mine.read_text() == SUITE


CHANGED = {"name": "b", "input": '{"text": "new"}'}


@pytest.mark.parametrize("what", ["changed", "added", "removed"])
async def test_undo_takes_one_case_back_when_others_were_saved_since(visitor, mine, what: str) -> None:
    if what == "removed":
        answer = await visitor.post("/suites/mine/cases/1/remove")
    else:
        form = {"number": "1", **CHANGED} if what == "changed" else {**CHANGED, "name": "c"}
        answer = await visitor.post("/suites/mine/cases", **form)
    await visitor.post("/suites/mine/cases", name="theirs", input='{"text": "of someone else"}')
    await visitor.post("/suites/mine/undo", word=answer.headers["location"].partition("undo=")[2])
    cases = (await visitor.json("GET", "/api/v1/suites/mine/cases"))["items"]
    assert {one["name"]: one["input"]["text"] for one in cases} == {
        **{case.name: case.input["text"] for case in parse_suite(SUITE, "mine.yaml").cases},
        "theirs": "of someone else",
    }
    assert "# the first" in mine.read_text()


async def test_undo_is_refused_when_the_case_itself_was_saved_again(visitor, mine) -> None:
    answer = await visitor.post("/suites/mine/cases", number="1", **CHANGED)
    await visitor.post("/suites/mine/cases", number="1", name="b", input='{"text": "newer"}')
    word = answer.headers["location"].partition("undo=")[2]
    assert "nothing was undone" in (await visitor.post("/suites/mine/undo", 409, word=word)).text
    assert "newer" in mine.read_text()


@pytest.mark.parametrize(("line", "tags"), [("x, y", ["x", "y"]), ("x;y", ["x", "y"]), ("x,y;", ["x,y"])])
async def test_tags_are_separated_in_a_form_as_in_a_file(visitor, mine, line: str, tags: list[str]) -> None:
    await visitor.post("/suites/mine/cases", name="c", input="{}", tags=line)
    sent = {"file": ("o.csv", f'name,tags,input.text\nc,"{line}",a\n'.encode())}
    assert (await visitor.client.post("/suites/upload", files=sent)).status_code == 303
    for suite in ("mine", "o"):
        assert (await visitor.json("GET", f"/api/v1/suites/{suite}/cases"))["items"][-1]["tags"] == tags


async def test_tags_that_no_line_can_say_stay_when_their_form_is_saved(visitor) -> None:
    odd = visitor.write("suites/odd.yaml", "- {name: a, input: {text: one}, tags: ['p;q', 'r,s']}\n")
    page = (await visitor.get("/suites/odd?open=0")).text
    shown = re.search('name="tags"[^>]* value="([^"]*)"', page)[1]
    form = {"number": "0", "name": "new", "input": '{"text": "one"}', "tags": unescape(shown)}
    await visitor.post("/suites/odd/cases", **form)
    assert load_suite(odd).cases[0].tags == ("p;q", "r,s")
    assert load_suite(odd).cases[0].name == "new"


async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(visitor, mine) -> None:
    form = {"base": await hash_of(visitor), "number": "0", "name": "a", "input": "{oops", "weight": "-1"}
    page = (await visitor.post("/suites/mine/cases", status=400, **form)).text
    assert "is no JSON" in page
    assert "is no number above 0" in page
    assert "{oops" in page
    assert mine.read_text() == SUITE


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"text": NaN}', "NaN is not JSON"),
        ('{"text": 1e999}', "1e999 is too large a number"),
        ('{"text": "a", "text": "b"}', "twice"),
        ('{"text": "\\ud800"}', "holds half of a character"),
    ],
)
async def test_what_no_json_may_hold_is_told_at_its_field(visitor, mine, written: str, said: str) -> None:
    page = (await visitor.post("/suites/mine/cases", status=400, name="new", input=written)).text
    assert said in page
    assert mine.read_text() == SUITE


async def test_a_change_of_an_older_file_is_refused(visitor, mine) -> None:
    base = await hash_of(visitor)
    mine.write_text(SUITE + "# by hand\n")
    form = {"base": base, "number": "0", "name": "a", "input": '{"text": "new"}'}
    page = (await visitor.post("/suites/mine/cases", status=409, **form)).text
    assert "Changed meanwhile, so nothing was saved" in page
    await visitor.post("/suites/mine/cases/0/remove", status=409, base=base)
    assert mine.read_text() == SUITE + "# by hand\n"


async def test_a_number_that_no_case_has_is_not_taken_for_a_closed_case(visitor, mine) -> None:
    for number, status in (("-1", 422), ("9", 404)):
        await visitor.json("DELETE", f"/api/v1/suites/mine/cases/{number}", None, status)
        await visitor.post(f"/suites/mine/cases/{number}/remove", status)


async def test_cases_are_added_changed_and_removed_over_rest(visitor, mine) -> None:
    added = await visitor.json(
        "POST", "/api/v1/suites/mine/cases", {"name": "c", "input": {"text": "3"}}, 201
    )
    assert "expected_output" not in added
    body = {"name": "c", "input": {"text": "3"}, "expected_output": None}
    await visitor.json("PUT", "/api/v1/suites/mine/cases/2", body)
    await visitor.json("DELETE", "/api/v1/suites/mine/cases/0", status=204)
    cases = (await visitor.json("GET", "/api/v1/suites/mine/cases"))["items"]
    assert [(one["number"], one["name"], one.get("expected_output", "-")) for one in cases] == [
        (0, "b", "-"),
        (1, "c", None),
    ]


async def test_a_program_changes_the_case_that_it_has_read_whatever_else_was_changed(visitor, mine) -> None:
    first, second = (await visitor.json("GET", "/api/v1/suites/mine/cases"))["items"]
    here = "/api/v1/suites/mine/cases"
    await visitor.json("DELETE", f"{here}/0?base={first['hash']}", status=204)
    body = {"name": "b", "input": {"text": "new"}}
    await visitor.json("PUT", f"{here}/1?base={second['hash']}", body)
    assert "text: new" in mine.read_text()
    await visitor.json("PUT", f"{here}/0?base={second['hash']}", body, 409)


@pytest.mark.parametrize("ending", ["yaml", "json", "jsonl", "csv", "parquet"])
async def test_a_download_brought_in_again_has_the_same_cases(visitor, mine, ending: str) -> None:
    content = (await visitor.get(f"/suites/mine/download/{ending}")).content
    sent = {"file": (f"other.{ending}", content)}
    answer = await visitor.client.post("/suites/upload", files=sent, data={"name": "other"})
    assert answer.status_code == 303, answer.text
    names = [await visitor.json("GET", f"/api/v1/suites/{name}/cases") for name in ("mine", "other")]
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.yaml", b"cases: ["),
        ("x.exe", b"MZ"),
        ("x.yaml", b"- name: a\n  input: {}\n  scorers: [{scorer: custom, file: /etc/passwd}]\n"),
        (
            "x.jsonl",
            b'{"name": "a", "input": {}, "scorers": [{"scorer": "custom", "file": "/etc/passwd"}]}\n',
        ),
        ("x.csv", b'name,input.text,scorers\na,b,"[{""scorer"": ""custom"", ""file"": ""/etc/passwd""}]"\n'),
        (
            "x.yaml",
            b"prompts: ['file://../../../../etc/passwd']\nproviders: [openai:gpt-4o]\ntests: [{vars: {a: b}}]\n",
        ),
    ],
)
async def test_a_file_that_is_wrong_or_reads_others_leaves_nothing_behind(visitor, name, content) -> None:
    answer = await visitor.client.post("/suites/upload", files={"file": (name, content)})
    assert answer.status_code == 400, answer.text
    assert "root:" not in answer.text
    assert not list(visitor.configs.rglob("*.*"))


async def test_a_refused_file_is_told_line_by_line_in_one_place(visitor) -> None:
    sent = {"file": ("rows.jsonl", b'{"question": "a"}\n{"question": "b"}\n{oops\n')}
    answer = await visitor.client.post("/suites/upload", files=sent)
    page = unescape(answer.text)
    assert page.count('role="alert"') == 1
    assert "Nothing was kept of rows.jsonl" in page
    assert (
        'rows.jsonl, lines 1, 2: \'input\' is missing; put the fields of the worker into it: "input": {"question": …}'
        in page
    )
    assert "rows.jsonl, line 3: is not JSON" in page


async def test_what_a_file_says_that_no_case_has_is_not_passed_over_in_silence(visitor) -> None:
    sent = {"file": ("more.csv", b"name,input.text,remark,owner\na,b,c,d\n")}
    answer = await visitor.client.post("/suites/upload", files=sent)
    page = unescape((await visitor.get(answer.headers["location"])).text)
    assert "Not taken over, since no case has it: 'remark', 'owner'." in page


@pytest.mark.parametrize("ending", ["csv", "jsonl", "yaml"])
async def test_a_sample_can_be_brought_in_as_it_is(visitor, ending: str) -> None:
    assert f"/suites/sample.{ending}" in (await visitor.get("/suites")).text
    content = (await visitor.get(f"/suites/sample.{ending}")).content
    answer = await visitor.client.post("/suites/upload", files={"file": (f"mine.{ending}", content)})
    assert answer.status_code == 303, answer.text
    assert "2 cases" in (await visitor.get(answer.headers["location"])).text


async def test_one_case_is_called_one_case(visitor) -> None:
    visitor.write("suites/one.yaml", "- {name: a, input: {text: one}}\n")
    assert ">1 case<" in (await visitor.get("/suites/one")).text


async def test_a_shipped_suite_is_copied_before_it_is_changed(visitor) -> None:
    shown = (await visitor.json("GET", "/api/v1/suites/classifier/cases"))["items"][0]["number"]
    form = {"number": str(shown), "name": "a", "input": '{"text": "new"}'}
    await visitor.post("/suites/classifier/cases", status=400, **form)
    await visitor.post("/suites/classifier/copy")
    await visitor.post("/suites/classifier/cases", **form)
    assert (await visitor.json("GET", "/api/v1/suites/classifier"))["source"] == "own"


async def test_baselines_are_set_listed_and_taken_away(visitor) -> None:
    body = {"worker": "classifier", "suite": "classifier", "limit": 2}
    job = await visitor.json("POST", "/api/v1/evaluations", body, 201)
    async with visitor.client.stream("GET", f"/events/job:{job['job']}") as events:
        async for line in events.aiter_lines():
            if '"job.completed"' in line:
                break
    made = await visitor.json("POST", "/api/v1/baselines", {"run": job["job"]}, 201)
    assert (await visitor.json("GET", "/api/v1/baselines"))["items"] == [made]
    assert "classifier" in (await visitor.get("/baselines")).text
    await visitor.post("/baselines/remove", worker="classifier", suite="classifier")
    assert (await visitor.json("GET", "/api/v1/baselines"))["items"] == []
    await visitor.json("DELETE", "/api/v1/baselines/classifier/classifier", status=404)


async def test_a_baseline_is_not_held_against_a_run_over_sealed_cases(visitor) -> None:
    async def evaluated(**body: object) -> str:
        body |= {"worker": "translator", "suite": "translator"}
        job = (await visitor.json("POST", "/api/v1/evaluations", body, 201))["job"]
        async with visitor.client.stream("GET", f"/events/job:{job}") as events:
            async for line in events.aiter_lines():
                if '"job.completed"' in line:
                    return job
        raise AssertionError

    await visitor.json("POST", "/api/v1/baselines", {"run": await evaluated(limit=2)}, 201)
    await evaluated(split="sealed")
    assert "this one" in (await visitor.get("/baselines")).text


async def test_a_worker_over_time_shows_every_completed_evaluation(visitor) -> None:
    assert "has come to its end yet" in (await visitor.get("/workers/classifier/trends")).text
    for _ in range(2):
        body = {"worker": "classifier", "suite": "classifier", "limit": 2}
        job = (await visitor.json("POST", "/api/v1/evaluations", body, 201))["job"]
        async with visitor.client.stream("GET", f"/events/job:{job}") as events:
            async for line in events.aiter_lines():
                if '"job.completed"' in line:
                    break
    page = (await visitor.get("/workers/classifier/trends")).text
    assert "2 evaluations" in page
    assert "chart-line" in page


async def test_a_run_names_the_version_of_its_suite_as_the_suite_itself_does(visitor) -> None:
    job = await visitor.json(
        "POST", "/api/v1/evaluations", {"worker": "classifier", "suite": "classifier", "limit": 1}, 201
    )
    async with visitor.client.stream("GET", f"/events/job:{job['job']}") as events:
        async for line in events.aiter_lines():
            if '"job.completed"' in line:
                break
    shown = re.search("version ([0-9a-f]{12})", (await visitor.get("/suites/classifier")).text)
    assert shown
    assert shown[1] in (await visitor.get(f"/runs/{job['job']}")).text


async def test_a_suite_has_one_version_at_every_door(visitor, mine) -> None:
    suite = load_suite(mine)
    version = suite.version_hash.hex()  # as runs know it
    assert (await visitor.json("GET", "/api/v1/suites/mine"))["version"] == version
    assert suite_json(suite, suite)["version"] == version
    assert f"version {version[:12]}" in (await visitor.get("/suites/mine")).text
