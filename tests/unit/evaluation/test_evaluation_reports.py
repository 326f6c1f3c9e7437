"""Reports: what each format says, and that nothing a model says is obeyed in any."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from loom.calls.scripted import ScriptedBackend
from loom.core.errors import Fault, ProviderError, UsageError
from loom.core.ids import short
from loom.evaluation.comparing.gates import Gate, pass_gate
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.reports.document import ReportDocument, ReportFormat, format_of
from loom.evaluation.reports.writing import WRITERS, write_report
from loom.evaluation.running.specification import Selection

HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script> ]]> & \x1b[31m \x00 @admin #1 [x](http://evil) `c` | ~~s~~ \u202e abc 😀"
SHOWN = HOSTILE.replace("\x1b", r"\u001b").replace("\x00", r"\u0000").replace("\u202e", r"\u202e")


def spelled(document, spelling):
    return "".join(WRITERS[spelling](document))


@pytest.fixture
async def document(lab, suite):
    """Two passed, one failed, one off contract, one errored, one unscored; gated against the same, better."""
    texts = ("a", "b", "wrong", "nonsense", "refused")
    cases = (*suite(*texts).cases, Case("open", {"text": "x"}))
    first = await lab.run(Suite("s", cases))
    lab.backend = ScriptedBackend(lambda _request: ProviderError("down", Fault.REFUSED))
    worse = await lab.run(Suite("s", cases), use_cache=False)
    comparison = await lab.reports.compare(worse.run, first.run)
    gate = pass_gate(Gate(minimum=0.9), first.pass_rate, comparison)
    return ReportDocument(first, 1_700_000_000_000_000, worse.run, comparison, gate)


@pytest.fixture
async def hostile(lab):
    """A suite whose name, cases and answers try to break out."""
    answer = json.dumps({"label": HOSTILE})
    lab.backend = ScriptedBackend(lambda _request: answer)
    cases = (
        Case(HOSTILE, {"text": HOSTILE}, {"label": "x"}),
        Case("=1+1", {"text": "y"}, {"label": HOSTILE}),
    )
    return ReportDocument(await lab.run(Suite(HOSTILE, cases)), 0)


class TestJUnit:
    async def test_failures_errors_and_skipped_cases_are_counted_as_ci_systems_count(self, document):
        suites = ET.fromstring(spelled(document, ReportFormat.JUNIT))
        [suite] = suites
        for one in (suites, suite):
            assert {name: one.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
                "tests": "7",
                "failures": "3",
                "errors": "1",
                "skipped": "1",
            }
        assert len(suite.findall("testcase")) == 7
        assert len(suite.findall("testcase/failure")) == 3
        assert suite.find("testcase[@name='refused#4']/error").get("message") == "it was refused"
        assert suite.find("testcase[@name='open']/skipped") is not None

    async def test_the_gate_is_a_test_of_its_own(self, document):
        suite = ET.fromstring(spelled(document, ReportFormat.JUNIT))[0]
        failure = suite.find("testcase[@name='gate']/failure")
        assert failure.get("message") == "below the minimum: pass rate 40.0 % is below 90.0 %"

    async def test_whatever_is_said_it_is_xml(self, hostile):
        suite = ET.fromstring(spelled(hostile, ReportFormat.JUNIT))[0]
        names = [case.get("name") for case in suite.findall("testcase")]
        assert names[0] == SHOWN


class TestMarkdown:
    async def test_the_verdict_comes_first_then_the_figures(self, document):
        lines = spelled(document, ReportFormat.MARKDOWN).splitlines()
        assert lines[0] == "### labeller on s"
        assert lines[2].startswith("❌ **Gate: below the minimum**")
        assert "| pass rate | 40.0 % [11.8, 76.9], n = 5 (1 errored, 1 unscored) |" in lines

    async def test_nothing_said_is_markup(self, hostile):
        text = spelled(hostile, ReportFormat.MARKDOWN)
        assert "<script" not in text
        assert "](http" not in text
        assert "@admin" not in text
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert {line.count("|") for line in rows} <= {3, 5}


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def page(text) -> _Page:
    parsed = _Page()
    parsed.feed(text)
    return parsed


class TestHtml:
    async def test_the_page_is_whole_by_itself_and_runs_nothing(self, hostile):
        text = spelled(hostile, ReportFormat.HTML)
        parsed = page(text)
        assert not parsed.tags & {"script", "img", "link", "iframe", "object", "a", "form"}
        assert not [
            name for name, _ in parsed.attributes if name in ("src", "href", "style") or name.startswith("on")
        ]
        assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/]{43}='", text)
        assert SHOWN in parsed.text

    async def test_it_shows_the_gate_the_rates_and_every_case(self, document):
        parsed = page(spelled(document, ReportFormat.HTML))
        for words in (
            "Gate: below the minimum",
            "40.0 %",
            "Compared case by case",
            "refused#4",
            "it was refused",
        ):
            assert words in parsed.text
        assert "svg" in parsed.tags

    async def test_the_first_lines_say_what_was_measured_and_against_what(self, document):
        told = page(spelled(replace(document, version=b"\xab" * 32), ReportFormat.HTML)).text
        first = told[: told.index("Compared case by case")]
        for words in (
            "labeller, version ababababa",
            f"s, version {document.report.run.suite_hash.hex()[:9]}",
            "field_match from 1",
            "95 % interval [11.8, 76.9], n = 5",
            f"Not separable from run {short(document.against.id)}",
            "p = ",
            f"run {short(document.against.id)} of ",
        ):
            assert words in first

    async def test_what_failed_comes_first_field_by_field_and_what_passed_is_folded(self, document):
        text = spelled(document, ReportFormat.HTML)
        titles = re.findall(r"<h2>(\w+) <small>", text)
        assert titles == ["Failed", "Errored", "Unscored", "Passed"]
        assert re.search(r"label: expected &#x27;\w+&#x27;, got &#x27;\w+&#x27;", text)
        assert re.search(r"<i class=\"mark failed\">✕</i> label</th>.*<pre class=\"wrong\">", text)
        passed = text[text.index("Passed <small>") :]
        assert '<details class="case" open>' not in passed
        assert text.index('<details class="group"><summary><h2>Passed') > text.index("Unscored <small>")

    async def test_sealed_cases_stay_closed(self, lab):
        cases = (Case("secret-name", {"text": "secret-input"}, {"label": "secret"}, split=Split.SEALED),)
        run = await lab.run(Suite("s", cases), selection=Selection(Split.SEALED))
        text = spelled(ReportDocument(run, 0), ReportFormat.HTML)
        assert "secret" not in text
        assert "sealed cases, looked at once" in text

    async def test_a_large_run_makes_a_page_that_can_be_mailed_and_says_what_is_missing(self, lab, suite):
        run = await lab.run(suite(*(f"{'long ' * 1_000}{number}" for number in range(300))))
        text = spelled(ReportDocument(run, 0), ReportFormat.HTML)
        assert len(text) < 1_500_000
        assert "more characters" in text
        assert re.search(r"\d+ more: <code>loom runs show \w{8} --all</code>", text)

    async def test_each_picture_is_told_in_words(self, document):
        labels = [
            value
            for name, value in page(spelled(document, ReportFormat.HTML)).attributes
            if name == "aria-label"
        ]
        assert "Pass rate: 40.0 %, 95 % interval 11.8 % to 76.9 %" in labels


class TestData:
    async def test_json_has_the_report_the_comparison_the_gate_and_every_case(self, document):
        told = json.loads(spelled(document, ReportFormat.JSON))
        assert (told["worker"], told["gate"]["failed"], told["comparison"]["cases"]) == ("labeller", True, 5)
        assert [case["outcome"] for case in told["cases"]][-2:] == ["errored", "unscored"]

    async def test_a_spreadsheet_computes_nothing(self, hostile):
        rows = list(csv.reader(io.StringIO(spelled(hostile, ReportFormat.CSV))))
        assert rows[0][:5] == ["case", "repetition", "outcome", "score", "field_match"]
        assert [row[0][:2] for row in rows[1:]] == ["'=", "'="]
        assert not [cell for row in rows[1:] for cell in row if cell[:1] in {"=", "+", "-", "@"}]


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "spelling"),
        [
            ("r.xml", "junit"),
            ("r.JSON", "json"),
            ("a.b/r.md", "markdown"),
            ("r.htm", "html"),
            ("r.csv", "csv"),
        ],
    )
    def test_the_suffix_says_the_format(self, name, spelling):
        assert format_of(name) == spelling

    @pytest.mark.parametrize("name", ["r", "r.txt", ".xml"])
    def test_another_suffix_is_refused_with_those_there_are(self, name):
        with pytest.raises(UsageError, match=r"end it in .xml, .json, .md"):
            format_of(name)

    async def test_a_report_replaces_the_last_one_whole(self, document, tmp_path):
        path = tmp_path / "deep" / "r.md"
        for _ in range(2):
            write_report(document, ReportFormat.MARKDOWN, path)
        assert path.read_text("utf-8") == spelled(document, ReportFormat.MARKDOWN)
        assert [one.name for one in path.parent.iterdir()] == ["r.md"]

    async def test_a_place_that_cannot_be_written_is_named(self, document, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match=r"cannot be written.*choose another file"):
            write_report(document, ReportFormat.CSV, tmp_path / "file" / "r.csv")
