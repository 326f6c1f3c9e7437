"""Makes the definition of a worker from each prompt: its contract, model and parameters. Writes no file."""

import re
from collections.abc import Sequence
from typing import cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Case
from loom.evaluation.suites.promptfoo.assertions import ANSWER
from loom.evaluation.suites.promptfoo.models import ImportedWorker, Prompt
from loom.evaluation.suites.promptfoo.providers import Provider
from loom.evaluation.suites.promptfoo.templates import variables

__all__ = ["make_workers", "slug"]

_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),  # before int: a bool is one
    (int, "number"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


def slug(text: str) -> str:
    """`text` as a name: small letters, digits and `_`."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]


def make_workers(
    name: str,
    prompts: Sequence[Prompt],
    providers: Sequence[Provider],
    cases: Sequence[Case],
    *,
    as_json: bool,
) -> tuple[ImportedWorker, ...]:
    """A worker per prompt, for the first provider."""
    names: dict[str, None] = {}
    for number, prompt in enumerate(prompts, 1):
        label = slug(prompt.label)
        wanted = name if len(prompts) == 1 else f"{name}_{label or number}"
        names[wanted if wanted not in names else f"{wanted}_{number}"] = None
    settings = _settings(providers)
    return tuple(
        ImportedWorker(own, {**_definition(own, prompt, cases, as_json=as_json), **settings})
        for own, prompt in zip(names, prompts, strict=True)
    )


def _settings(providers: Sequence[Provider]) -> Json:
    return {"model": providers[0].model, **providers[0].settings} if providers else {}


def _definition(name: str, prompt: Prompt, cases: Sequence[Case], *, as_json: bool) -> Json:
    used = variables(prompt.text, {name for case in cases for name in case.input})
    definition: Json = {
        "name": name,
        "description": f"Imported from promptfoo{': ' + prompt.label if prompt.label else ''}.",
        "system_prompt": _system_prompt(prompt.text, used, as_json=as_json),
        "input_schema": _input_schema(used, cases),
        "output_schema": {"type": "object"} if as_json else _ANSWER_SCHEMA,
    }
    examples = [
        {"input": asked, "output": said}
        for asked, answer in prompt.examples
        if (said := _example_output(answer, as_json=as_json)) is not None
    ]
    return {**definition, "few_shot": examples} if examples else definition


_ANSWER_SCHEMA: Json = {
    "type": "object",
    "required": [ANSWER],
    "additionalProperties": False,
    "properties": {ANSWER: {"type": "string"}},
}


def _system_prompt(text: str, used: Sequence[str], *, as_json: bool) -> str:
    parts = [text]
    if used:
        fields = "\n".join(f"- {name}: what {{{{{name}}}}} above stands for" for name in used)
        parts.append(f"INPUT FORMAT:\nYou will receive a JSON object:\n{fields}")
    told = "the JSON object that is asked for above."
    if not as_json:
        told = f'a JSON object with your whole answer as text:\n{{"{ANSWER}": "<text>"}}'
    parts.append(f"OUTPUT FORMAT:\nRespond with ONLY {told}")
    return "\n\n".join(parts) + "\n"


def _input_schema(used: Sequence[str], cases: Sequence[Case]) -> Json:
    schema: Json = {"type": "object"}
    required = [name for name in used if all(name in case.input for case in cases)]
    if required:
        schema["required"] = required
    if used:
        schema["properties"] = {name: _schema_of(name, cases) for name in used}
    return schema


def _schema_of(name: str, cases: Sequence[Case]) -> Json:
    kinds = dict.fromkeys(_type_of(case.input[name]) for case in cases if name in case.input)
    return {"type": next(iter(kinds))} if len(kinds) == 1 else {}


def _type_of(value: JsonValue) -> str:
    return next(name for kind, name in _TYPES if isinstance(value, kind))


def _example_output(answer: str, *, as_json: bool) -> JsonValue | None:
    if not as_json:
        return {ANSWER: answer}
    try:
        value = parse_json(answer)
    except ValueError:
        return None
    return cast("Json", value) if isinstance(value, dict) else None
