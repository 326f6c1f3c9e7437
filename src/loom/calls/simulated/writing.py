"""Writes the answer down: clean JSON when the prompt is clear, and the usual untidiness when it is not."""

import json
import re

from loom.calls.simulated.noise import Noise, Skill
from loom.core.jsonvalue import Json

__all__ = ["write_json", "write_label"]

_OPENINGS = (
    "Here is the result:",
    "Sure! Here is the JSON you asked for:",
    "Based on the text, here is my answer:",
)
_CLOSINGS = ("Let me know if you need anything else.", "Note: some values were inferred from the text.")


def write_json(values: Json, skill: Skill, noise: Noise, *, strict: bool) -> str:
    """The object as text. `strict` when the request forces clean JSON."""
    if not strict and len(values) > 1 and noise.slips("missing field", skill.untidy * 0.3):
        dropped = list(values)[noise.pick("which field", len(values))]
        values = {name: value for name, value in values.items() if name != dropped}
    written = json.dumps(values, ensure_ascii=False)
    if strict or not noise.slips("wrapping", skill.untidy):
        return written
    return _wrapped(json.dumps(values, ensure_ascii=False, indent=2), noise)


def _wrapped(written: str, noise: Noise) -> str:
    style = noise.draw("wrapping style")
    if style < 0.45:
        return f"```json\n{written}\n```"
    if style < 0.8:
        return f"{_OPENINGS[noise.pick('opening', len(_OPENINGS))]}\n\n```json\n{written}\n```"
    if style < 0.93:
        return f"{written}\n\n{_CLOSINGS[noise.pick('closing', len(_CLOSINGS))]}"
    return re.sub(r"\s*}\s*$", "", written)


def write_label(label: str, skill: Skill, noise: Noise, *, asked_short: bool) -> str:
    """A class as a bare answer, or in a sentence when nothing asks for brevity."""
    if noise.slips("spelling", skill.untidy * 0.4):
        label = label.replace("_", " ").title()
    if asked_short and not noise.slips("wrapping", skill.untidy * 0.5):
        return label
    return (
        label if not noise.slips("sentence", skill.untidy) else f'The text is best classified as "{label}".'
    )
