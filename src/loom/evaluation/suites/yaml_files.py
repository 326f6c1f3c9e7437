"""Suites as YAML: written so that Loom reads the same values back, and read beyond the usual size on request."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.core.bounded import MAX_CONFIG_BYTES, oversize
from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlfile import Document, YamlError, parse_yaml

if TYPE_CHECKING:
    import yaml

__all__ = ["MAX_LARGE_BYTES", "least_bytes", "parse_suite_yaml", "yaml_limit", "yaml_text"]

MAX_LARGE_BYTES = 32 * 1024 * 1024
"""The largest YAML suite that is converted to another format."""

_ENDLESS = 1_000_000
_LONGEST_FLOW = 80
_PLAIN = re.compile(r"[A-Za-z_][\w./=-]*( [\w./=-]+)*", re.ASCII)
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
_WORDS = ("null", "true", "false")


def parse_suite_yaml(text: str, file: str, *, large: bool = False) -> Document:
    """The document in `text`; with `large` it may have 32 MB.

    Raises:
        ConfigError: when it is none, or too large.
    """
    size, (most, remedy) = len(text.encode("utf-8", "surrogatepass")), yaml_limit(file, large=large)
    if size > most:
        raise ConfigError(oversize(most, file, remedy))
    return parse_yaml(text, file) if size <= MAX_CONFIG_BYTES else _parse_large(text, file)


def yaml_limit(file: str, *, large: bool) -> tuple[int, str]:
    """How many bytes a suite in YAML may have, and what to do about one that has more."""
    if large:
        return MAX_LARGE_BYTES, "split it, or write it as JSONL"
    target = Path(file).with_suffix(".jsonl").name
    return (
        MAX_CONFIG_BYTES,
        f"up to 32 MB, make JSONL of it, which may be larger: loom suite export {file} --to {target}",
    )


def _parse_large(text: str, file: str) -> Document:
    import yaml

    from loom.core.yamlvalues import build

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        value, root, problems = build(yaml.parse(text, Loader=loader))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        reason = getattr(error, "problem", None) or error
        raise YamlError(
            Problem(f"Invalid YAML: {reason}", file=file, line=line, remedy="mend the syntax")
        ) from None
    if problems:
        raise YamlError(problem.at(file) for problem in problems)
    return Document(file, value, root)


def yaml_text(value: JsonValue) -> str:
    """`value` as YAML 1.2 in block style, short simple mappings and lists on one line; ends in a newline."""
    import yaml

    return yaml.dump(
        value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=_ENDLESS, default_flow_style=False
    )


def least_bytes(value: JsonValue, indent: int = 0) -> int:
    """How many bytes `yaml_text` makes of `value` at least: told in a twentieth of the time that writing takes."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass")) + (0 if _style(value) is None else 2)
    if not value or not isinstance(value, dict | list):
        return 1
    margin, inner = (indent, indent + 2) if _is_block(value) else (0, 0)
    if isinstance(value, dict):
        entries = cast("Json", value).items()
        return sum(margin + len(key) + 3 + least_bytes(child, inner) for key, child in entries) - 1
    # The dash before what takes lines of its own stands in the margin of the first.
    children = cast("list[JsonValue]", value)
    return sum(least_bytes(child, inner) + (0 if _is_block(child) else margin + 2) for child in children)


@cache
def _dumper() -> "type[yaml.SafeDumper]":
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature of the base
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
            return super().increase_indent(flow, False)  # noqa: FBT003 - dashes stand under the first letter of their key

    def text(dumper: Any, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=_style(value))

    def mapping(dumper: yaml.SafeDumper, value: Json) -> yaml.MappingNode:
        node = dumper.represent_mapping("tag:yaml.org,2002:map", value.items())
        node.flow_style = _is_short([*value, *value.values()])
        return node

    def listing(dumper: yaml.SafeDumper, value: list[JsonValue]) -> yaml.SequenceNode:
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_is_short(value))

    Dumper.add_representer(str, text)
    Dumper.add_representer(dict, mapping)
    Dumper.add_representer(list, listing)
    return Dumper


def _style(text: str) -> str | None:
    """Plain only where every reader of YAML sees text; a block for several lines; else in double quotes.

    PyYAML takes double quotes for lines that a block cannot hold, but miscounts breaks of other kinds.
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return None
    return "|" if "\n" in text and not _OTHER_BREAKS.search(text) else '"'


def _is_block(value: JsonValue) -> bool:
    """Whether it takes lines of its own."""
    if isinstance(value, dict):
        found = cast("Json", value)
        return not _is_short([*found, *found.values()])
    return isinstance(value, list) and not _is_short(cast("list[JsonValue]", value))


def _is_short(values: list[JsonValue]) -> bool:
    if any(isinstance(value, dict | list) and value not in ([], {}) for value in values):
        return False
    return sum(len(str(value)) + 4 for value in values) <= _LONGEST_FLOW
