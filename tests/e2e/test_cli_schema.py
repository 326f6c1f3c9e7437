"""`loom schema`: what editors read."""

import json
from pathlib import Path

import pytest


def test_a_schema_is_printed_for_programs(loom, home):
    printed = loom("schema", "worker")
    assert printed.status == 0
    assert printed.json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "system_prompt" in printed.json["properties"]


def test_all_are_written_into_a_folder_with_the_line_that_names_them(loom, home):
    written = loom("schema", "--into", ".loom")
    assert len(list(Path(".loom").glob("*.schema.json"))) == 6
    assert "# yaml-language-server: $schema=.loom/worker.schema.json" in written.out
    assert json.loads(Path(".loom/suite.schema.json").read_text()) == loom("schema", "suite").json


def test_one_may_be_written_alone(loom, home):
    loom("schema", "suite", "--into", "schemas")
    assert [path.name for path in Path("schemas").iterdir()] == ["suite.schema.json"]


@pytest.mark.parametrize(("words", "said"), [((), "is missing"), (("wrker",), "did you mean 'worker'?")])
def test_what_is_no_kind_is_refused_with_the_kinds_there_are(loom, home, words, said):
    refused = loom("schema", *words)
    assert refused.status == 2
    assert said in refused.errors
