"""Text for reading: JSON, YAML, prompts; folded past its first lines."""

import hashlib
import json
from dataclasses import dataclass

from loom.core.jsonvalue import JsonValue

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
