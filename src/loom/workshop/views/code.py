"""Text for reading: JSON, YAML, prompts; folded past its first lines."""

import hashlib
import json
from dataclasses import dataclass
from typing import cast

import yaml

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Code"]

_SHOWN = 20
"""Lines before the fold; the stylesheet knows it too."""

_MOST = 200_000
"""Characters that a page carries of one text."""


@dataclass(frozen=True, slots=True)
class Code:
    """A text in lines."""

    text: str
    label: str = ""
    language: str = "text"
    cut: int = 0
    """Characters left out at the end."""

    @staticmethod
    def of_json(value: JsonValue, label: str = "") -> "Code":
        """`value`, indented, keys in their own order."""
        return Code.of_text(json.dumps(value, indent=2, ensure_ascii=False), "json", label)

    @staticmethod
    def of_value(value: JsonValue, label: str = "") -> "Code":
        """As YAML where a text of several lines is in it, which JSON makes hard to read; else as JSON."""
        if not _has_lines(value):
            return Code.of_json(value, label)
        return Code.of_text(
            yaml.dump(value, Dumper=_Readable, allow_unicode=True, sort_keys=False), "yaml", label
        )

    @staticmethod
    def of_text(text: str, language: str = "text", label: str = "") -> "Code":
        """`text` as it is, up to what a page can carry."""
        return Code(text[:_MOST], label, language, cut=max(0, len(text) - _MOST))

    @property
    def id(self) -> str:
        """For the button that copies it."""
        digest = hashlib.sha256(f"{self.label}\0{self.text}".encode("utf-8", "surrogatepass"))
        return f"code-{digest.hexdigest()[:12]}"

    @property
    def folded(self) -> int:
        """How many lines are not seen at once."""
        return max(0, self.text.count("\n") + 1 - _SHOWN)


class _Readable(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _text)


def _has_lines(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(map(_has_lines, cast("Json", value).values()))
    if isinstance(value, list):
        return any(map(_has_lines, cast("list[JsonValue]", value)))
    return isinstance(value, str) and "\n" in value.strip()
