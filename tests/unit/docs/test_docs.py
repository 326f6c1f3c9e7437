"""The documentation cannot lie: what it shows is run, and what it names exists, both ways round."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from docs_pages import (
    PAGES,
    ROOT,
    RUN,
    Block,
    agree,
    anchors,
    as_long_as,
    blocks,
    first_column,
    links,
    loom_commands,
    rewrite,
    run,
    section,
    sessions,
)

from loom.calls.simulated.backend import SimulatedBackend
from loom.cli.main import app
from loom.contrib.rag.registry import read_registry
from loom.core import endpoint_rules, pipeline_config, settings, settings_file, worker_rules
from loom.core.config import check_file
from loom.core.kinds import Kind
from loom.core.settings_file import read_settings_file
from loom.core.yamlfile import parse_yaml
from loom.evaluation.models import Split
from loom.evaluation.scorers.catalogue import BUILT_IN
from loom.evaluation.scorers.formats import FORMATS
from loom.evaluation.scorers.registry import RUN_PARAMS
from loom.evaluation.suites import cases as suite_cases
from loom.evaluation.suites.files import check_suite
from loom.evaluation.suites.promptfoo import import_promptfoo
from loom.sim import faults

_DOCS = ROOT / "docs"
_UPDATE = bool(os.environ.get("DOCS_UPDATE"))
_ALL_BLOCKS = [block for page in PAGES for block in blocks(page)]
_RUN_PAGES = sorted({block.page for block in _ALL_BLOCKS if block.marker == RUN})
_FILES = [block for block in _ALL_BLOCKS if block.file or block.language == "yaml"]
_FRAME = {
    "worker": "name: framed\nsystem_prompt: Say something.\ninput_schema: {}\noutput_schema: {}\n",
    "suite": "cases: [{input: {}}]\n",
}
_FROM_NOTHING = {"tutorial.md"}
"""Pages that begin in an empty folder, and find there only what they make themselves."""

_PROXIES = {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}
"""The HTTP library reads these."""

_COMMANDS = typer.main.get_command(app)


def _place(block: Block) -> str:
    return block.place


def _table(page: str, heading: str) -> set[str]:
    return first_column(section(_DOCS / page, heading))


def _variables() -> set[str]:
    """Every environment variable that has an effect."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    read = re.findall(
        r"""env(?:iron)?(?:\.get\(|\[)"([A-Z_]+)"|"([A-Z_]+)" (?:not )?in os\.environ""", sources
    )
    settled = {source.variable for source in settings._SOURCES.values()}
    return settled | _PROXIES | {name for names in read for name in names if name}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's `configs` and nothing else: no key, no settings, a database of its own."""
    for name in _variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": tmp_path, "DATA_DIR": tmp_path / "data", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, str(value))
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    if not _UPDATE:
        monkeypatch.setattr(SimulatedBackend, "_wait", _at_once)
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def _at_once(_backend: SimulatedBackend, _seconds: float) -> None:
    """The embedded model answers without waiting."""


class TestWhatIsRun:
    @pytest.mark.parametrize("page", _RUN_PAGES, ids=lambda page: page.name)
    def test_a_page_shows_what_happens(self, page: Path, workplace: Path) -> None:
        if page.name in _FROM_NOTHING:
            shutil.rmtree(workplace / "configs")
        for block in blocks(page):
            if block.file and not block.file.startswith("~"):
                (workplace / block.file).parent.mkdir(parents=True, exist_ok=True)
                (workplace / block.file).write_text(block.text, encoding="utf-8")
            if block.marker == RUN:
                self._compare(block)

    def _compare(self, block: Block) -> None:
        session = sessions(block)
        for shown in session:
            printed = run(shown.command)
            if _UPDATE:
                shown.output = as_long_as(shown.output, printed)
            assert agree(shown.output, printed), f"{block.place}: `{shown.command}` now prints\n{printed}"
        if _UPDATE:
            rewrite(block, session)

    def test_the_pages_that_show_the_way_are_run(self) -> None:
        names = {page.name for page in _RUN_PAGES}
        assert names >= {
            "README.md",
            "getting-started.md",
            "tutorial.md",
            "evaluating.md",
            "simulated-model.md",
        }

    @pytest.mark.parametrize(
        ("shown", "printed", "same"),
        [
            ("run 0eaa5d78, 12 ms", "run 974020f5,  9 ms", True),
            ("22.2 %", "22.3 %", False),
            ("first\n…\nlast\n", "first\nanything\nlast\n", True),
            ("first\n…\n", "second\nanything\n", False),
        ],
    )
    def test_ids_times_and_what_is_left_out_may_differ_and_nothing_else(
        self, shown: str, printed: str, *, same: bool
    ) -> None:
        assert agree(shown, printed) is same


class TestCommands:
    @pytest.mark.parametrize(
        ("block", "words"),
        list(loom_commands()),
        ids=lambda one: one.place if isinstance(one, Block) else "loom",
    )
    def test_what_a_page_tells_to_type_is_understood(self, block: Block, words: list[str]) -> None:
        if "--help" in words or words == ["--version"]:
            return
        command, name = _COMMANDS, "loom"
        while words and words[0] in getattr(command, "commands", {}):
            name, *words = words
            command = command.commands[name]
        assert name != "loom", f"{block.place}: no such command"
        command.make_context(name, list(words))

    def test_the_reference_has_every_command_with_its_options_and_no_other(self) -> None:
        commands = dict(_named_commands(_COMMANDS, "loom"))
        headings = re.findall(
            r"^## `(loom.*)`$", (_DOCS / "cli.md").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert set(headings) == set(commands)
        for name, command in commands.items():
            known = {option for param in command.params for option in param.opts if option.startswith("--")}
            assert {words.split()[0] for words in _table("cli.md", f"`{name}`")} == known, name


class TestShapes:
    def test_every_key_of_what_programs_read_is_documented(self, workplace: Path) -> None:
        told = set(re.findall(r"`(\w+)`", section(_DOCS / "evaluating.md", "For programs")))
        wanted = "classifier --suite classifier --limit 2 --json"
        printed = [run(f"loom eval {wanted}"), run(f"loom eval {wanted} --no-cache"), run("loom runs --json")]
        printed.append(run("loom compare last~1 last --json"))
        printed.append(run("""loom test classifier --json --input '{"text": "Where is it?"}'"""))
        assert {key for text in printed for key in _keys(json.loads(text))} - told == set()


def _keys(value: object, *, known: bool = True) -> Iterator[str]:
    """The keys at any depth, but for those that come from workers and scorers."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if known:
                yield key
            if key not in ("output", "prompt", "token_usage"):
                yield from _keys(inner, known=key != "scores")
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _named_commands(group: object, prefix: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    yield prefix, group
    for name, command in getattr(group, "commands", {}).items():
        yield from _named_commands(command, f"{prefix} {name}")


class TestFiles:
    @pytest.mark.parametrize("block", _FILES, ids=_place)
    def test_an_example_is_valid(self, block: Block, tmp_path: Path) -> None:
        found = _check(block, tmp_path)
        assert not found, f"{block.place}: {found}"


def _check(block: Block, folder: Path) -> tuple[object, ...]:
    """What is wrong with an example, checked as the product would check the file."""
    if block.file and block.file.endswith(".py"):
        compile(block.text, block.file, "exec")
        return ()
    if block.file and not block.file.endswith((".yaml", ".csv", ".jsonl")):
        return ()  # knowledge and data; the page that shows it runs it
    if block.file and "/knowledge/" in block.file:
        return ()
    frame = re.match(r"# in a (\w+)\n", block.text)
    name = Path(block.file or f"{frame[1] if frame else 'unnamed'}.yaml").name
    text = block.text
    if frame:
        added = set(parse_yaml(text).mapping or {})
        text += "".join(
            f"{line}\n" for line in _FRAME[frame[1]].splitlines() if line.split(":")[0] not in added
        )
    path = folder / name
    path.write_text(text, encoding="utf-8")
    if block.file == "~/.loom/config.yaml":
        return tuple(read_settings_file(path).report.errors)
    if name == "promptfooconfig.yaml":
        return () if import_promptfoo(path).suite.cases else ("has no case",)
    if name == "channels.yaml":
        return read_registry(path).problems
    if name == "faults.yaml":
        return () if faults.load_plan(path).faults else ("has no fault",)
    if path.suffix in (".csv", ".jsonl"):
        return tuple(check_suite(path).errors)
    checked = check_file(path)
    errors = check_suite(path).errors if checked.kind is Kind.SUITE else checked.errors
    return tuple(errors)


class TestNames:
    def test_every_environment_variable_is_documented_and_no_other(self) -> None:
        assert _table("settings.md", "Environment variables") == _variables()

    def test_every_key_of_the_settings_file_is_documented_and_no_other(self) -> None:
        assert _table("settings.md", "The file") == set(settings_file._RULES)

    def test_every_key_of_an_endpoint_is_documented_and_no_other(self) -> None:
        inner = {"limits.max_concurrent", "limits.requests_per_minute", "limits.tokens_per_minute"}
        assert (
            _table("endpoints.md", "Keys of an endpoint")
            == set(endpoint_rules.ENDPOINT_RULES) - {"limits"} | inner
        )

    def test_every_key_of_a_worker_is_documented_and_no_other(self) -> None:
        assert _table("workers.md", "Every key") == set(worker_rules._RULES)

    def test_every_key_of_a_silo_is_documented_and_no_other(self) -> None:
        known = set(worker_rules._FOLDER_RULES) | set(worker_rules._TOOL_RULES)
        assert _table("workers.md", "Knowledge silos") == known

    def test_every_key_of_a_pipeline_and_of_a_stage_is_documented_and_no_other(self) -> None:
        assert _table("pipelines.md", "The keys of a pipeline") == set(pipeline_config._RULES)
        assert _table("pipelines.md", "The keys of a stage") == set(pipeline_config._STAGE_RULES)

    def test_every_key_of_a_suite_and_of_a_case_is_documented_and_no_other(self) -> None:
        assert _table("suites.md", "Keys of a suite") == set(suite_cases._SUITE_RULES)
        assert _table("suites.md", "Keys of a case") == set(suite_cases.CASE_KEYS)

    def test_every_split_is_documented_and_no_other(self) -> None:
        assert _table("suites.md", "Splits") == set(Split)

    def test_every_scorer_is_documented_with_its_parameters_and_no_other(self) -> None:
        assert _table("scorers.md", "All of them") == set(BUILT_IN) | {param.name for param in RUN_PARAMS}
        for name, entry in BUILT_IN.items():
            known = {param.name for param in entry.params} | (set(FORMATS) if name == "format" else set())
            assert _table("scorers.md", f"`{name}`") == known, name

    def test_every_fault_is_documented_with_its_keys_and_no_other(self) -> None:
        assert _table("simulated-model.md", "Faults by name") == set(faults.FAULT_NAMES)
        assert _table("simulated-model.md", "Keys of a fault") == faults._KEYS

    def test_every_room_is_drawn_in_the_house(self) -> None:
        rooms = {path.name for path in (ROOT / "src/loom").iterdir() if (path / "__init__.py").exists()}
        drawn = re.findall(r"│ (\w+)  ", (_DOCS / "design/house.md").read_text(encoding="utf-8"))
        assert set(drawn) == rooms


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_links_lead_somewhere(self, page: Path) -> None:
        for file, anchor in links(page):
            target = (page.parent / file).resolve() if file else page
            assert target.exists(), f"{page.name} links to {file}"
            assert not anchor or anchor in anchors(target), f"{page.name} links to {file}#{anchor}"

    def test_every_page_is_in_the_navigation(self) -> None:
        navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
        missing = [
            page
            for page in PAGES
            if page.is_relative_to(_DOCS) and str(page.relative_to(_DOCS)) not in navigation
        ]
        assert missing == []
