"""Tests in CSV and JSONL, as promptfoo writes them: variables in columns, assertions in `__expected`."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

from loom.core.errors import Problem
from loom.core.jsonvalue import Json
from loom.evaluation.json_text import parse_json
from loom.evaluation.suites.promptfoo.assertions import is_assertion
from loom.evaluation.suites.promptfoo.models import Source
from loom.evaluation.suites.promptfoo.reading import Reading

__all__ = ["expectation", "table_tests"]

_EXPECTED = re.compile(r"__expected\d*")
_METADATA = re.compile(r"__metadata:(\w+)(\[\])?")
_WORD = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z0-9-]*)(?:\((?P<threshold>[\d.]+)\))?:(?P<value>.*)", re.DOTALL
)
_ALONE = re.compile(r"(?:not-)?(?:is-json|contains-json|is-html|is-xml|is-sql|is-refusal|is-valid-[a-z-]+)")
_OTHER_NAMES = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric", "file": "javascript"}
_LISTS = ("contains-all", "contains-any", "icontains-all", "icontains-any")
_WHY = "Loom has nothing like it"


def table_tests(text: str, file: str, reading: Reading) -> Iterator[Source]:
    """The tests in `text`, each with the place it came from; broken lines are errors."""
    if file.lower().endswith(".jsonl"):
        yield from _jsonl(text, file, reading)
        return
    rows = csv.reader(
        StringIO(text, newline=""), "excel-tab" if file.lower().endswith(".tsv") else "excel", strict=True
    )
    header: list[str] = []
    number = 0
    try:
        for cells in rows:
            if not header:
                header = [cell.strip() for cell in cells]
                continue
            if not any(cells):
                continue
            if len(cells) != len(header):
                what = f"has {len(cells)} cells where the header has {len(header)}"
                remedy = "put texts that contain commas in double quotes"
                reading.report.errors.append(Problem(what, file=file, line=rows.line_num, remedy=remedy))
                continue
            yield _row(dict(zip(header, cells, strict=True)), Source(None, (number,), file), reading)
            number += 1
    except csv.Error as error:
        problem = Problem(f"is not CSV: {error}", file=file, line=rows.line_num, remedy="mend the quotes")
        reading.report.errors.append(problem)


def _jsonl(text: str, file: str, reading: Reading) -> Iterator[Source]:
    for number, line in enumerate(text.split("\n")):
        if not line.strip():
            continue
        try:
            yield Source(parse_json(line), (number,), file)
        except ValueError as error:
            what = f"is not JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
            reading.report.errors.append(Problem(what, file=file, line=number + 1, remedy="mend the line"))


def _row(cells: dict[str, str], place: Source, reading: Reading) -> Source:
    test: Json = {"vars": {}, "assert": [], "metadata": {}}
    for name, cell in cells.items():
        metadata = _METADATA.fullmatch(name)
        if not name.startswith("__"):
            test["vars"][name] = cell
        elif not cell:
            continue
        elif _EXPECTED.fullmatch(name):
            test["assert"].append(expectation(cell))
        elif name == "__description":
            test["description"] = cell
        elif metadata:
            values = [part.strip() for part in cell.split(",")]
            test["metadata"][metadata[1]] = values if metadata[2] else cell
        elif name == "__threshold":
            test["threshold"] = cell
        else:
            reading.leave(replace(place, where=(*place.where, name)), name, _WHY)
    return replace(place, value=test)


def expectation(cell: str) -> Json:
    """The assertion that a cell under `__expected` spells: `type: value`, or a text to be equal to."""
    cell = cell.strip()
    if _ALONE.fullmatch(cell):
        return {"type": cell}
    found = _WORD.fullmatch(cell)
    kind = _OTHER_NAMES.get(found["type"], found["type"]) if found else "equals"
    if found is None or not is_assertion(kind):
        return {"type": "equals", "value": cell}
    value = found["value"].strip()
    made: Json = {"type": kind, "value": value}
    if kind.removeprefix("not-") in _LISTS:
        made["value"] = [part.strip() for part in value.split(",")]
    if found["threshold"]:
        made["threshold"] = float(found["threshold"])
    return made
