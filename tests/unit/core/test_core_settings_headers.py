"""Headers of endpoints in the settings file: written or named, never shown, never in the key's place."""

import pytest

from loom.core.errors import ConfigError
from loom.core.settings import load_settings

KEY = "sk-do-not-show-me"
HEADED = "endpoints: [{name: a, url: 'http://h', headers: %s}]"


@pytest.fixture
def load(tmp_path):
    """Settings of a file with the given text and of the given variables."""
    path = tmp_path / "config.yaml"

    def load(text, **env):
        path.write_text(text)
        return load_settings(env, path)

    return load


def test_headers_are_written_or_named_and_never_shown(load):
    text = HEADED % "{X-Title: My Loom, X-Project: 'env:LLM_PROJECT'}"
    settings = load(text, LLM_PROJECT=KEY)
    title, project = settings.endpoints[0].headers.items()
    assert (title[0], title[1].value) == ("X-Title", "My Loom")
    assert (project[1].source, project[1].value) == ("LLM_PROJECT", KEY)
    assert KEY not in repr(settings)
    assert "My Loom" not in repr(settings)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (f"{{Authorization: '{KEY}'}}", "carries a key; give it as the endpoint's key"),
        (f"{{X-Auth-Token: '{KEY}'}}", "looks like a secret; put it in an environment variable"),
        (f"{{X-Team: 'Bearer {KEY}'}}", "looks like a secret"),
        (f'{{X-Team: "a\\nHost: {KEY}"}}', "no header may carry"),
        (f'{{"X-Team\\r\\nHost": "{KEY}"}}', "is no name of a header"),
        ("{X-Team: 'env:PATH'}", "names a variable that is not for keys"),
        ("{X-Team: 3}", "has a value that is not text"),
        ("{X-Team: a, x-team: b}", "is given twice"),
        (f"['{KEY}']", "must be a dict of header: value"),
    ],
)
def test_a_header_that_may_not_stand_in_the_file_is_refused_without_its_value(load, headers, said):
    with pytest.raises(ConfigError) as refused:
        load(HEADED % headers)
    assert said in str(refused.value)
    assert KEY not in str(refused.value)


def test_the_variable_of_a_header_belongs_to_one_address_too(load):
    one = "{name: %s, url: '%s', headers: {X-Project: 'env:LLM_P'}}"
    both = f"endpoints: [{one % ('a', 'http://h/v1')}, {one % ('b', 'http://%s')}]"
    assert len(load(both % "h/v2").endpoints) == 2
    with pytest.raises(ConfigError, match="holds the key of another address"):
        load(both % "other")
