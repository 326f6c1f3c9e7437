"""Tools: how they are loaded, and that whatever goes wrong in one is told to the model."""

import asyncio
import json
import threading

import pytest

from loom.calls.models import ToolCall
from loom.core.errors import ConfigError
from loom.core.jsonvalue import Json
from loom.core.worker_config import FolderSilo, ToolSilo
from loom.worker.tools import (
    SyncToolProvider,
    Toolbox,
    ToolProvider,
    load_tool_provider,
    load_tool_providers,
    spec_of,
    specs_of,
)

HERE = __name__


class Look(ToolProvider):
    """Finds what it is asked for, in its own way."""

    def __init__(self, way: str = "quietly") -> None:
        self._way = way

    def get_definition(self) -> Json:
        query = {"type": "string"}
        schema = {"type": "object", "required": ["query"], "properties": {"query": query}}
        return {"name": "look", "description": "Looks.", "parameters": schema}

    async def execute(self, arguments: Json) -> str:
        match arguments["query"]:
            case "trouble":
                raise OSError("the index is gone")
            case "for ever":
                await asyncio.Event().wait()
            case "number":
                return 3  # type: ignore[return-value]
        return f"{self._way} found {arguments['query']}"


class Count(SyncToolProvider):
    """Says in which thread it counts."""

    def get_definition(self) -> Json:
        return {"name": "count", "description": "Counts.", "input_schema": {"type": "object"}}

    def execute_sync(self, arguments: Json) -> str:
        return threading.current_thread().name


class Stubborn(Look):
    def __init__(self) -> None:
        raise RuntimeError("no licence")


class NoTool:
    pass


def toolbox(**options: float) -> Toolbox:
    providers = {"look": Look(), "count": Count()}
    return Toolbox(providers, specs_of(providers), **options)  # type: ignore[arg-type]


def look(query: object) -> ToolCall:
    return ToolCall("1", "look", {"query": query})


async def test_a_tool_is_run_with_the_models_arguments() -> None:
    result = await toolbox().run(look("keys"))
    assert (result.tool_call_id, result.name, result.content) == ("1", "look", "quietly found keys")
    assert not result.is_error


async def test_a_blocking_tool_runs_in_a_thread() -> None:
    result = await toolbox().run(ToolCall("1", "count", {}))
    assert result.content != threading.current_thread().name


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("1", "fly", {}), "Unknown tool: fly; the tools are: look, count"),
        (ToolCall("1", "look", {}), "missing required"),
        (look(3), "expected string"),
        (ToolCall("1", "look", None, "{oops"), "the arguments are not a JSON object: {oops"),
        (look("trouble"), "OSError: the index is gone"),
        (look("for ever"), "the tool did not finish within 0.02 s"),
        (look("number"), "the tool returned int, not text"),
    ],
)
async def test_what_goes_wrong_is_a_result_that_tells_the_model(call: ToolCall, told: str) -> None:
    result = await toolbox(timeout_s=0.02).run(call)
    assert result.is_error
    assert told in json.loads(result.content)["error"]


async def test_a_result_that_is_too_long_is_cut_and_says_so() -> None:
    result = await toolbox(longest_result=20).run(look("a" * 100))
    assert result.content == "quietly found aaaaaa\n[cut: 114 characters in all]"


def test_both_spellings_of_the_schema_are_read() -> None:
    schema = {"type": "object", "properties": {"q": {}}}
    for key in ("parameters", "input_schema"):
        assert spec_of({"name": "look", key: schema}).parameters == schema


def test_a_schema_that_is_none_is_refused_with_the_tools_name() -> None:
    spec = spec_of({"name": "look", "parameters": {"type": "thing"}})
    with pytest.raises(ConfigError, match="'tool look' has no valid 'parameters'"):
        Toolbox({"look": Look()}, [spec])


def test_a_definition_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a 'name'"):
        spec_of({"description": "nameless"})


async def test_a_provider_is_loaded_by_its_path_and_given_its_configuration() -> None:
    provider = load_tool_provider(f"{HERE}.Look", {"way": "loudly"})
    assert await provider.execute({"query": "keys"}) == "loudly found keys"


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("Look", ImportError, "fully qualified"),
        ("no.such.module.Look", ImportError, "no"),
        (f"{HERE}.Absent", AttributeError, "not found"),
        (f"{HERE}.NoTool", TypeError, "not a ToolProvider"),
    ],
)
def test_a_path_that_leads_nowhere_is_explained(path: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        load_tool_provider(path, {})


def test_the_tools_of_a_worker_are_loaded_by_the_names_they_have_for_the_model() -> None:
    silos = (FolderSilo("rules", "rules/"), ToolSilo("catalogue", f"{HERE}.Look"))
    assert list(load_tool_providers(silos)) == ["look"]


def test_every_tool_that_cannot_be_loaded_is_named() -> None:
    silos = [ToolSilo("a", "nowhere.Tool"), ToolSilo("b", f"{HERE}.Stubborn"), ToolSilo("c", f"{HERE}.Look")]
    with pytest.raises(ConfigError) as caught:
        load_tool_providers([*silos, silos[-1]])
    assert [problem.field for problem in caught.value.problems] == [
        "knowledge_silos[0].provider",
        "knowledge_silos[1].provider",
        "knowledge_silos[3].provider",
    ]
    assert "RuntimeError: no licence" in str(caught.value)
