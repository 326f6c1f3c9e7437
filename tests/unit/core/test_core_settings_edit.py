"""Adding to a settings file: everything else stays, to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import ConfigError
from loom.core.settings_edit import edited, snippet
from loom.core.yamlfile import parse_yaml

OLLAMA = {"name": "ollama", "url": "http://localhost:11434", "kind": "ollama"}
TIERS = {"local": "ollama/llama3.2:3b"}


def edit(text: str, endpoints=(OLLAMA,), tiers=TIERS) -> str:
    return edited(text, endpoints, tiers, "config.yaml")


def read(text: str):
    return parse_yaml(text).mapping


def test_an_empty_file_gets_both_sections():
    assert read(edit("")) == {"endpoints": [OLLAMA], "tiers": TIERS}
    assert edit("") == snippet([OLLAMA], TIERS).replace("tiers", "\ntiers") + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "# nothing but a comment\n",
        "port: 8090  # mine\n",
        "endpoints:\n",
        "endpoints: []\ntiers: {}\n",
        "endpoints:\n- name: a\n  url: http://a\n# the end\n",
        "endpoints:\n    - name: a  # first\n      url: http://a\n\n# tiers\ntiers:\n    standard: a/b\nport: 1\n",
        "tiers:\n  local:\n    endpoint: a\n    model: b\n  standard: a/c\n",
        "tiers:\n  'local': \"a/b\"\n",
        "port: 1\r\ntiers:\r\n  local: a/b\r\n",
    ],
)
def test_what_was_there_stays_and_what_is_new_is_there(text):
    result = edit(text)
    before, after = read(text) or {} if text.strip("# \n").count(":") else {}, read(result)
    assert after["endpoints"][-1] == OLLAMA
    assert after["endpoints"][:-1] == (before.get("endpoints") or [])
    assert after["tiers"] == {**(before.get("tiers") or {}), **TIERS}
    assert [line for line in text.splitlines() if "#" in line and line.split("#")[1] not in result] == []


@pytest.mark.parametrize(
    "text", ["endpoints: [{name: a, url: 'http://a'}]\n", "{port: 1}\n", "tiers: {local: a/b}\n"]
)
def test_a_layout_that_cannot_be_added_to_is_left_to_its_owner(text):
    with pytest.raises(ConfigError, match=r"add this yourself:\nendpoints:\n  - name: ollama"):
        edit(text)


def test_the_comment_behind_a_value_that_is_replaced_stays():
    assert "  local: ollama/llama3.2:3b  # cheap\n" in edit("tiers:\n  local: a/b  # cheap\n", ())


def test_nothing_to_add_changes_nothing():
    assert edit("port: 1  # mine\n", (), {}) == "port: 1  # mine\n"


KEYS = st.sampled_from(
    ["port: 1", "host: x", "# note", "", "tiers:", "  local: a/b", "  standard: 'a/b'  # s"]
)


@given(st.lists(KEYS, max_size=8))
def test_whatever_the_file_it_is_added_to_rightly_or_refused(lines):
    text = "\n".join(lines) + "\n"
    try:
        before = read(text) if any(line.strip("# ") and line[0] != "#" for line in lines) else {}
        result = read(edit(text))
    except ConfigError:
        return
    assert {key: result[key] for key in before if key not in ("tiers", "endpoints")} == {
        key: value for key, value in before.items() if key not in ("tiers", "endpoints")
    }
    assert result["tiers"] == {**(before.get("tiers") or {}), **TIERS}
