"""Where settings come from, what their file may say, and that no key is ever shown."""

from pathlib import Path

import pytest

from loom.core.endpoint_config import EndpointLimits, TierTarget
from loom.core.errors import ConfigError
from loom.core.money import Price
from loom.core.settings import Origin, load_settings
from loom.core.worker_config import Tier

KEY = "sk-do-not-show-me"
FULL = """
endpoints:
  - name: mine
    url: https://api.example.com/v1
    key: env:MY_API_KEY
    models: [small, vendor/big]
    prices: {small: {input: 0.15, output: 0.60, cached: 0.02}}
    limits: {max_concurrent: 8, requests_per_minute: 500, tokens_per_minute: 200000}
tiers: {local: mine/small, standard: mine/vendor/big, frontier: {endpoint: simulated, model: sim-large}}
"""


@pytest.fixture
def load(tmp_path):
    """Settings of a file with the given text (none: no file) and of the given variables."""
    path = tmp_path / "config.yaml"

    def load(text=None, **env):
        if text is not None:
            path.write_text(text)
        return load_settings(env, path)

    return load


def problems(load, text=None, **env):
    with pytest.raises(ConfigError) as caught:
        load(text, **env)
    return str(caught.value)


def test_without_anything_set_there_are_defaults(load):
    settings = load()
    assert (settings.host, settings.port, settings.max_concurrent_runs) == ("127.0.0.1", 8080, 4)
    assert settings.endpoints == ()
    assert settings.data_dir == Path.home() / ".loom"
    assert settings.database_url == f"sqlite:///{settings.data_dir}/loom.db"
    assert set(settings.origins.values()) == {Origin.DEFAULT}


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n", "endpoints:\ntiers:\nbackends:\n"])
def test_a_file_without_values_is_a_missing_one(load, text):
    assert load(text) == load()


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(load):
    settings = load("port: 9000\nhost: 0.0.0.0\n", PORT="9001", DATA_DIR="/data")
    assert (settings.port, settings.host) == (9001, "0.0.0.0")
    assert settings.database_url == "sqlite:////data/loom.db"
    assert settings.origins["port"] == "environment"
    assert settings.origins["host"] == "file"
    assert settings.origins["max_concurrent_runs"] == "default"


def test_an_empty_variable_is_not_set(load):
    assert load("port: 9000", PORT=" ").port == 9000


def test_a_tilde_in_the_data_directory_is_the_home(load):
    assert load("data_dir: ~/loom-data").data_dir == Path.home() / "loom-data"


def test_the_file_describes_endpoints_and_tiers(load):
    settings = load(FULL, MY_API_KEY=KEY)
    (mine,) = settings.endpoints
    assert (mine.name, mine.url, mine.models) == (
        "mine",
        "https://api.example.com/v1",
        ("small", "vendor/big"),
    )
    assert (mine.key.source, mine.key.value) == ("MY_API_KEY", KEY)
    assert mine.prices == {"small": Price(150_000_000, 600_000_000, 20_000_000)}
    assert mine.limits == EndpointLimits(8, 500, 200_000)
    assert settings.tiers == {
        Tier.LOCAL: TierTarget("mine", "small"),
        Tier.STANDARD: TierTarget("mine", "vendor/big"),
        Tier.FRONTIER: TierTarget("simulated", "sim-large"),
    }
    assert settings.origins["endpoints.mine"] == "file"


def test_a_key_whose_variable_is_not_set_is_known_by_its_name(load):
    (mine,) = load(FULL).endpoints
    assert (mine.key.source, mine.key.value) == ("MY_API_KEY", None)


def test_settings_never_show_a_key(load):
    settings = load(
        FULL + f"anthropic_api_key: {KEY}1\n",
        MY_API_KEY=KEY,
        OPENAI_API_KEY=KEY,
        DEFAULT_ENDPOINT_URL="http://localhost:1",
        DEFAULT_ENDPOINT_KEY=KEY,
        DATABASE_URL=f"postgresql://loom:{KEY}@db/loom",
    )
    assert settings.anthropic_api_key.value == f"{KEY}1"
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        f"endpoints: [{{name: a, url: 'http://h', key: {KEY}}}]",
        f"endpoints: [{{name: a, url: 'https://me:{KEY}@h'}}]",
        f"endpoints: [{{name: a, url: 'https://h/v1?key={KEY}'}}]",
        f"endpoints: {{a: {{key: {KEY}}}}}",
        f"endpoints: ['{KEY}']",
        f"backends: ['{KEY}']",
        f"anthropic_api_key: ['{KEY}']",
        f"- {KEY}",
    ],
)
def test_a_message_about_a_key_in_the_file_does_not_show_it(load, text):
    assert KEY not in problems(load, text)


def test_a_literal_key_is_refused_with_the_remedy(load):
    said = problems(load, "endpoints:\n  - name: a\n    url: http://h\n    key: abc\n")
    assert "config.yaml:4:10: 'endpoints[0].key'" in said
    assert "write env:NAME" in said


@pytest.mark.parametrize(("variable", "fine"), [("MY_API_KEY", True), ("LLM_TOKEN", True), ("HOME", False)])
def test_only_variables_for_keys_are_sent_as_keys(load, variable, fine):
    text = f"endpoints: [{{name: a, url: 'http://h', key: 'env:{variable}'}}]"
    if fine:
        assert load(text).endpoints[0].key.source == variable
    else:
        assert "name it ..._API_KEY or LLM_..." in problems(load, text)


def test_a_key_is_sent_to_one_origin_only(load):
    one, other = (
        "{name: a, url: 'https://h/v1', key: 'env:LLM_K'}",
        "{name: b, url: 'https://%s', key: 'env:LLM_K'}",
    )
    for same in ("h/v2", "H:443/v1"):
        assert len(load(f"endpoints: [{one}, {other % same}]").endpoints) == 2
    assert "holds the key of another address" in problems(load, f"endpoints: [{one}, {other % 'h:8/v1'}]")


def test_everything_wrong_is_said_at_once_with_its_place(load):
    text = """
endpoints:
  - name: simulated
    modls: [a]
    kind: opnai
    prices: {a: {input: -1, output: 1}}
    limits: {max_concurrent: 0}
tiers: {locl: a/b, standard: ab}
port: 99999
"""
    said = problems(load, text, MAX_CONCURRENT_RUNS="many", OPENAI_BASE_URL="localhost:80")
    for part in (
        "'MAX_CONCURRENT_RUNS' is not a whole number from 1 to 10000 (got 'many')",
        "'OPENAI_BASE_URL' is not an http or https address (got 'localhost:80')",
        ":3:5: 'endpoints[0]' is missing required key 'url'",
        ":3:11: 'endpoints[0].name' is the name of the embedded model",
        ":4:5: 'endpoints[0].modls' is not a known key; did you mean 'models'?",
        ":5:11: 'endpoints[0].kind' is not a kind of endpoint",
        ":6:25: 'endpoints[0].prices.a.input' must be USD per million tokens",
        ":7:30: 'endpoints[0].limits.max_concurrent' must be a positive whole number",
        ":8:9: 'tiers.locl' is not a tier; did you mean 'local'?",
        ":8:30: 'tiers.standard' does not name an endpoint and a model",
        ":9:7: 'port' is not a port",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ("{local: mime/a}", "'tiers.local' names an unknown endpoint (got 'mime'); did you mean 'mine'?"),
        ("{local: mine/bb}", "'tiers.local' names a model that 'mine' does not list (got 'bb'); use a or c"),
        ("{local: openai/x}", "names an unknown endpoint"),
    ],
)
def test_a_tier_leads_to_an_endpoint_and_a_model_that_are_there(load, tiers, said):
    text = f"endpoints: [{{name: mine, url: 'http://h', models: [a, c]}}]\ntiers: {tiers}"
    assert said in problems(load, text)


def test_a_tier_may_lead_to_an_endpoint_of_the_environment(load):
    assert load("tiers: {local: openai/x}", OPENAI_API_KEY=KEY).tiers[Tier.LOCAL].endpoint == "openai"


def test_two_endpoints_of_one_name_are_refused(load):
    text = "endpoints:\n- {name: a, url: 'http://h'}\n- {name: a, url: 'http://i'}"
    assert "config.yaml:3:10: 'endpoints[1].name' is taken" in problems(load, text)


def test_an_unknown_key_far_from_all_others_is_a_warning(load):
    settings = load("colour: blue")
    assert "colour" in str(settings.warnings[0])


def test_a_broken_file_and_a_folder_are_config_errors(load, tmp_path):
    assert "config.yaml:1:" in problems(load, "endpoints: [")
    with pytest.raises(ConfigError, match="is not a file"):
        load_settings({}, tmp_path)


def test_the_openai_variables_define_an_endpoint(load):
    (endpoint,) = load(OPENAI_API_KEY=f" {KEY}\n").endpoints
    assert (endpoint.name, endpoint.url, endpoint.key.value) == ("openai", "https://api.openai.com/v1", KEY)
    (endpoint,) = load(OPENAI_BASE_URL="http://localhost:8000").endpoints
    assert (endpoint.url, endpoint.key) == ("http://localhost:8000", None)


def test_addresses_of_the_environment_come_first_and_a_key_alone_last(load):
    one = "endpoints: [{name: mine, url: 'http://h'}]"
    default = {"DEFAULT_ENDPOINT_URL": "http://d"}
    assert [item.name for item in load(one, OPENAI_API_KEY=KEY, **default).endpoints] == [
        "default",
        "mine",
        "openai",
    ]
    assert [item.name for item in load(one, OPENAI_BASE_URL="http://o").endpoints] == ["openai", "mine"]


def test_an_address_of_the_environment_replaces_the_files_endpoint_and_says_so(load):
    text = "endpoints: [{name: openai, url: 'http://file', models: [a], key: 'env:LLM_K'}]"
    settings = load(text, OPENAI_BASE_URL="http://env", LLM_K=KEY)
    assert [(item.url, item.models, item.key) for item in settings.endpoints] == [("http://env", (), None)]
    assert settings.origins["endpoints.openai"] == "environment"
    assert "is replaced by the environment's" in str(settings.warnings[0])


def test_a_key_of_the_environment_does_not_reach_the_files_address(load):
    (endpoint,) = load("endpoints: [{name: openai, url: 'http://file'}]", OPENAI_API_KEY=KEY).endpoints
    assert (endpoint.url, endpoint.key) == ("http://file", None)


def test_the_file_of_loom_0_9_is_read(load):
    text = f"""
backends: {{ollama_url: http://localhost:11434, ollama_model: m, anthropic_api_key: {KEY}, embedding_model: e}}
rag: {{rag_vector_store: duckdb}}
workshop: {{workshop_port: 8081}}
frontier_model: flat
"""
    settings = load(text)
    assert (settings.ollama_url, settings.ollama_model) == ("http://localhost:11434", "m")
    assert (settings.anthropic_api_key.value, settings.frontier_model, settings.port) == (KEY, "flat", 8081)
    assert settings.warnings == ()


def test_the_key_in_backends_may_be_a_reference(load):
    settings = load("backends: {anthropic_api_key: 'env:WORK_API_KEY'}", WORK_API_KEY=KEY)
    assert (settings.anthropic_api_key.source, settings.anthropic_api_key.value) == ("WORK_API_KEY", KEY)


def test_what_is_set_in_vain_is_noted(load):
    said = [str(note) for note in load(REDIS_URL="redis://h", DEFAULT_ENDPOINT_KEY=KEY).warnings]
    assert "NATS" in said[0]
    assert "DEFAULT_ENDPOINT_URL" in said[1]


def named(settings):
    return [(item.name, item.kind, item.url) for item in settings.endpoints]


def test_ollama_and_anthropic_variables_define_endpoints_and_tiers(load):
    settings = load(OLLAMA_URL="http://o:1", ANTHROPIC_API_KEY=KEY, FRONTIER_MODEL="big")
    assert named(settings) == [
        ("ollama", "ollama", "http://o:1"),
        ("anthropic", "anthropic", "https://api.anthropic.com"),
    ]
    assert settings.tiers == {
        Tier.LOCAL: TierTarget("ollama", "llama3.2:3b"),
        Tier.STANDARD: TierTarget("anthropic", "claude-sonnet-4-20250514"),
        Tier.FRONTIER: TierTarget("anthropic", "big"),
    }
    assert (settings.origins["endpoints.ollama"], settings.origins["endpoints.anthropic"]) == (
        Origin.ENVIRONMENT,
        Origin.ENVIRONMENT,
    )


def test_backends_of_the_file_define_the_same_endpoints(load):
    settings = load(f"backends: {{ollama_url: 'http://o:1', anthropic_api_key: {KEY}, standard_model: s}}")
    assert [item.name for item in settings.endpoints] == ["ollama", "anthropic"]
    assert settings.tiers[Tier.STANDARD].model == "s"
    assert settings.origins["endpoints.ollama"] == settings.origins["endpoints.anthropic"] == Origin.FILE


def test_an_address_of_anthropics_api_needs_no_key(load):
    (endpoint,) = load(ANTHROPIC_BASE_URL="http://gateway:1").endpoints
    assert (endpoint.kind, endpoint.url, endpoint.key) == ("anthropic", "http://gateway:1", None)


@pytest.mark.parametrize(
    ("text", "env"),
    [
        ("endpoints: [{name: mine, url: 'http://h'}]", {}),
        (None, {"DEFAULT_ENDPOINT_URL": "http://d"}),
    ],
)
def test_a_key_set_for_other_programs_takes_no_tier_from_an_endpoint_meant_for_loom(load, text, env):
    settings = load(text, ANTHROPIC_API_KEY=KEY, **env)
    assert settings.endpoints[-1].name == "anthropic"
    assert settings.tiers == {}


def test_tiers_of_the_file_come_before_those_of_variables(load):
    text = "tiers: {local: simulated/sim-small}"
    tiers = load(text, OLLAMA_URL="http://o", ANTHROPIC_API_KEY=KEY).tiers
    assert tiers[Tier.LOCAL] == TierTarget("simulated", "sim-small")
    assert tiers[Tier.STANDARD].endpoint == "anthropic"


def test_a_key_that_an_endpoint_of_the_file_uses_means_no_other_address(load):
    text = "endpoints: [{name: gate, url: 'http://g', kind: anthropic, key: 'env:ANTHROPIC_API_KEY'}]"
    assert [item.name for item in load(text, ANTHROPIC_API_KEY=KEY).endpoints] == ["gate"]


def test_a_key_of_the_environment_is_not_sent_to_a_second_address_of_the_file(load):
    text = "endpoints: [{name: other, url: 'http://h', key: 'env:OPENAI_API_KEY'}]"
    said = problems(load, text, OPENAI_BASE_URL="http://o", OPENAI_API_KEY=KEY)
    assert "holds the key of another address" in said
    assert KEY not in said


def test_a_variable_may_refer_to_a_key_only(load):
    said = problems(load, ANTHROPIC_API_KEY="env:HOME")
    assert "'ANTHROPIC_API_KEY' names a variable that is not for keys" in said
    settings = load(ANTHROPIC_API_KEY="env:LLM_K", LLM_K=KEY)
    assert (settings.anthropic_api_key.source, settings.anthropic_api_key.value) == ("LLM_K", KEY)
    assert KEY not in problems(load, ANTHROPIC_API_KEY=f"env:{KEY}")


def test_the_servers_other_names_stand_in_either_place(load):
    assert load("allowed_hosts: [loom.example, 10.0.0.7]").allowed_hosts == ("loom.example", "10.0.0.7")
    assert load("allowed_hosts: [other]", ALLOWED_HOSTS="a.example, b.example").allowed_hosts == (
        "a.example",
        "b.example",
    )


def test_what_others_may_have_imported_stands_in_either_place(load):
    assert load("import_allow: [mine.backends.*]").import_allow == ("mine.backends.*",)
    assert load(IMPORT_ALLOW="mine.Backend, mine.tools.*").import_allow == ("mine.Backend", "mine.tools.*")


def test_what_others_may_have_read_stands_in_either_place(load):
    assert load("files_allow: [/data/manuals]").files_allow == (Path("/data/manuals"),)
    assert load(FILES_ALLOW="/data, ~/x").files_allow == (Path("/data"), Path("~/x").expanduser())


def test_a_secret_that_can_be_guessed_is_warned_of_and_never_shown(load):
    settings = load(API_KEY="short-secret", JWT_SECRET="x" * 32)
    assert [warning.field for warning in settings.warnings] == ["API_KEY"]
    assert "short-secret" not in repr(settings)
