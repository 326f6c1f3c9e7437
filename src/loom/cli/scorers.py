"""`loom scorers`: what there is to score by; and how scorers are spelled on a command line."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loom.cli.options import AsJson

if TYPE_CHECKING:
    from loom.core.errors import Problem
    from loom.core.jsonvalue import Json, JsonValue
    from loom.evaluation.scorers.base import JudgeChoice
    from loom.evaluation.scorers.catalogue import Entry
    from loom.evaluation.scorers.params import Param

__all__ = ["judge_choice", "read_scorers", "scorers"]


def scorers(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Only this one, with its parameters.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the scorers there are; with NAME the parameters of one.

    A suite names them under `scorers`, and --scorer on a command line.
    """
    from loom.cli.context import print_json
    from loom.evaluation.scorers.registry import RUN_PARAMS, entries

    found = [entry for entry in entries() if name in ("", entry.name)]
    if not found:
        _refuse(name, [entry.name for entry in entries()])
    if as_json:
        print_json(
            {"scorers": [_json(entry) for entry in found], "common": [_param_json(one) for one in RUN_PARAMS]}
        )
    elif name:
        _show_one(found[0])
    else:
        _show_all(found)


def read_scorers(given: Sequence[str]) -> "tuple[JsonValue, ...]":
    """The specifications given with `--scorer`, with the content of files that they name.

    Raises:
        UsageError: for one that cannot be used, with every problem of it.
    """
    from loom.core.errors import ConfigError, Problem, UsageError
    from loom.evaluation.scorers.registry import inlined, make_scorer

    found: list[JsonValue] = []
    for text in given:
        try:
            spec: JsonValue = json.loads(text) if text.lstrip().startswith(("{", "[")) else text
            found.append(inlined(spec, Path.cwd()))
            make_scorer(found[-1])
        except ConfigError as error:
            raise UsageError(map(_of_the_option, error.problems)) from None
        except (ValueError, RecursionError) as error:
            remedy = """write a name, or JSON as in '{"scorer": "length", "max_words": 60}'"""
            raise UsageError(
                Problem(f"is not JSON: {error}", "--scorer", value=text, remedy=remedy)
            ) from None
    return tuple(found)


def _of_the_option(problem: "Problem") -> "Problem":
    """`problem` as one of `--scorer`, whose value is the scorer's name where it is not more."""
    inner = problem.field if problem.field not in (None, "scorer") else ""
    return replace(problem, field=f"--scorer {inner}".strip())


def judge_choice(model: str | None, endpoint: str | None, prompt: str | None) -> "JudgeChoice | None":
    """The judge that a command line describes; None when it says nothing of one.

    Raises:
        UsageError: when the file of the prompt cannot be read, or is empty.
    """
    from loom.evaluation.scorers.base import JudgeChoice

    if model is None and endpoint is None and prompt is None:
        return None
    return JudgeChoice(model, endpoint, None if prompt is None else _prompt(prompt))


def _prompt(given: str) -> str:
    from loom.cli.context import read_text_argument
    from loom.core.errors import Problem, UsageError

    text, _ = read_text_argument(given, "--judge-prompt")
    if not text.strip():
        remedy = "say what the judge is to look at"
        raise UsageError(Problem("is empty", "--judge-prompt", value=given, remedy=remedy))
    return text.strip()


def _refuse(name: str, known: Sequence[str]) -> None:
    from loom.core.errors import Problem, UsageError
    from loom.core.spelling import suggestion

    remedy = suggestion(name, known, f"use one of {', '.join(known)}")
    raise UsageError(Problem("is not a scorer", value=name, remedy=remedy))


def _show_all(found: "Sequence[Entry]") -> None:
    from loom.cli.show.console import put
    from loom.cli.show.table import show_table

    rows = [((entry.name, "accent"), entry.summary) for entry in found]
    show_table(rows, ("scorer", "what it gives"))
    put("→ parameters of one: ", ("loom scorers NAME", "accent"))


def _show_one(entry: "Entry") -> None:
    from loom.cli.show.console import put
    from loom.cli.show.table import show_table
    from loom.evaluation.scorers.registry import RUN_PARAMS

    put((entry.name, "accent"), f" · {entry.summary}")
    rows = [
        ((param.name, "accent"), param.kind.short, _default(param), f"{param.help}{_aliases(param)}")
        for param in (*entry.params, *RUN_PARAMS)
    ]
    show_table(rows, ("parameter", "takes", "default", "meaning"))
    spelled = f"'{json.dumps({'scorer': entry.name, **entry.example})}'" if entry.example else entry.name
    put("→ ", (f"loom eval WORKER --suite SUITE --scorer {spelled}", "accent"))


def _default(param: "Param") -> str:
    if param.required:
        return "required"
    return "" if param.default is None else json.dumps(param.default)


def _aliases(param: "Param") -> str:
    return f"; also `{'`, `'.join(param.aliases)}`" if param.aliases else ""


def _json(entry: "Entry") -> "Json":
    params = [_param_json(param) for param in entry.params]
    return {"name": entry.name, "summary": entry.summary, "parameters": params, "example": entry.example}


def _param_json(param: "Param") -> "Json":
    return {
        "name": param.name,
        "meaning": param.help,
        "takes": param.kind.words,
        "default": param.default,
        "required": param.required,
        "aliases": list(param.aliases),
    }
