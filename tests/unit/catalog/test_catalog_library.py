"""Definitions are found by name: one's own first, then those that come with Loom."""

from pathlib import Path

import pytest

from loom.catalog.library import Library, Source, shipped_configs
from loom.core.errors import NotFoundError


@pytest.fixture
def configs(tmp_path):
    """A folder with two workers of one's own, one of which hides a shipped one."""
    for name in (
        "workers/mine.yaml",
        "workers/team/summarizer.yml",
        "suites/mine.csv",
        "workers/_draft.yaml",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "workers" / "notes.md").write_text("")
    return tmp_path


def names(found):
    return [one.name for one in found]


def test_ones_own_definitions_hide_shipped_ones_of_the_same_name(configs):
    library = Library(configs)
    assert library.worker("summarizer") == configs / "workers" / "team" / "summarizer.yml"
    [summarizer] = [one for one in library.workers() if one.name == "summarizer"]
    assert (summarizer.source, summarizer.hides) == (Source.OWN, (Source.SHIPPED,))


def test_shipped_definitions_are_found_beside_ones_own(configs):
    found = Library(configs).workers()
    assert {"mine", "classifier"} <= set(names(found))
    assert {one.source for one in found if one.name == "classifier"} == {Source.SHIPPED}
    own = [one.name for one in found if one.source is Source.OWN]
    shipped = [one.name for one in found if one.source is Source.SHIPPED]
    assert names(found) == sorted(own) + sorted(shipped)


def test_drafts_hidden_files_and_other_kinds_of_file_are_no_definitions(configs):
    assert not {"_draft", "notes"}.intersection(names(Library(configs).workers()))


def test_the_shipped_folder_given_as_ones_own_is_listed_once():
    found = Library(shipped_configs()).workers()
    assert len(names(found)) == len(set(names(found)))
    assert {one.source for one in found} == {Source.OWN}


def test_a_folder_that_is_not_there_leaves_the_shipped_ones(tmp_path):
    found = Library(tmp_path / "nothing").suites()
    assert found
    assert all(one.source is Source.SHIPPED and one.path.is_file() for one in found)


@pytest.mark.parametrize("name", ["workers/mine.yaml", "suites/mine.csv"])
def test_a_path_is_taken_as_it_is(configs, name):
    library = Library(configs)
    find = library.worker if name.startswith("workers") else library.suite
    assert find(str(configs / name)) == configs / name


def test_a_path_that_leads_nowhere_is_named(configs):
    with pytest.raises(NotFoundError, match=r"there is no worker file 'missing\.yaml'"):
        Library(configs).worker("missing.yaml")


def test_an_unknown_name_is_refused_with_the_nearest_one(configs):
    with pytest.raises(NotFoundError, match="there is no worker 'sumarizer'; did you mean 'summarizer'"):
        Library(configs).worker("sumarizer")


def test_a_name_that_is_near_to_nothing_is_refused_with_all_there_are(configs):
    with pytest.raises(
        NotFoundError, match=r"there is no suite 'qqqqqq'; there are .*mine.*; or give the path"
    ):
        Library(configs).suite("qqqqqq")


@pytest.mark.parametrize("name", ["other.json", "other.txt", "other"])
def test_a_file_that_is_there_is_found_whatever_its_ending(configs, tmp_path, monkeypatch, name: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    assert Library(configs).worker(name) == Path(name)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        (".", "there is no worker"),
        ("./", "that is a folder"),
        ("x" * 300, "no worker"),
        ("x\0/", "no worker file"),
    ],
)
def test_what_is_no_file_is_no_definition(configs, name: str, what: str):
    with pytest.raises(NotFoundError, match=what):
        Library(configs).worker(name)


def test_a_name_of_another_kind_is_told_so():
    with pytest.raises(NotFoundError, match="there is no worker 'letter_desk': that is a pipeline"):
        Library().worker("letter_desk")
