"""Manifests of apps: everything that is wrong is said, and which Loom they ask for is understood."""

import logging

import pytest
from pydantic import ValidationError

from loom.core.manifest import AppManifest, load_manifest, validate_app_manifest

GOOD = {"name": "my-app", "version": "1.0.0", "description": "An app"}


def test_a_manifest_of_three_fields_has_defaults_for_the_rest():
    manifest = AppManifest(**GOOD)
    assert (manifest.loom_version, manifest.required_extras, manifest.python_package) == (">=0.4.0", [], None)
    assert manifest.entry_configs.each() == []


@pytest.mark.parametrize("change", [{"name": "My App"}, {"name": "9app"}, {"version": "1.0"}, {"version": "v1.0.0"}, {"loom_version": "new"}])  # fmt: skip
def test_a_field_that_is_wrong_is_refused(change):
    with pytest.raises(ValidationError):
        AppManifest(**{**GOOD, **change})
    [problem] = validate_app_manifest({**GOOD, **change})
    assert problem.startswith(f"'{next(iter(change))}' ")


def test_missing_fields_are_said_first_and_alone():
    assert validate_app_manifest({"version": "x"}) == ["missing field 'name'", "missing field 'description'"]
    assert "must be a YAML mapping" in validate_app_manifest([])[0]


def test_definitions_are_yaml():
    listed = {"workers": [{"config": "a.yaml"}, {"config": "b.json"}], "mcp": [{"config": "c.txt"}]}
    problems = validate_app_manifest({**GOOD, "entry_configs": listed})
    assert len(problems) == 2
    assert all(".yaml" in problem for problem in problems)


def test_an_extra_that_nobody_knows_only_warns(caplog):
    with caplog.at_level(logging.WARNING):
        assert validate_app_manifest({**GOOD, "required_extras": ["mcp", "telepathy"]}) == []
    assert "telepathy" in caplog.text
    assert "'mcp'" not in caplog.text


@pytest.mark.parametrize(
    ("wanted", "runs"),
    [
        (">=0.4.0", True), (">=0.9", True), (">=0.9.1", False), (">=1", False), ("<0.9", False), ("<=0.9.0", True),
        (">0.8,<1", True), ("==0.9.*", True), ("==0.9.0", True), ("!=0.9.0", False), ("~=0.8", True), ("~=0.8.2", False),
    ],
)  # fmt: skip
def test_which_loom_an_app_asks_for_is_held_against_the_one_it_is_compatible_with(wanted, runs):
    assert AppManifest(**GOOD, loom_version=wanted).runs_here is runs


def test_a_file_is_loaded_or_says_what_is_wrong(tmp_path):
    file = tmp_path / "manifest.yaml"
    with pytest.raises(FileNotFoundError):
        load_manifest(file)
    file.write_text("- 1\n")
    with pytest.raises(ValueError, match="mapping"):
        load_manifest(file)
    for text in ("name: [x", "name: x\nversion: 1.0.0\ndescription: 3\n"):
        file.write_text(text)
        with pytest.raises(ValueError, match="Invalid manifest"):
            load_manifest(file)
    file.write_text("name: x\nversion: 1.0.0\ndescription: An app\n")
    assert load_manifest(file).name == "x"
