"""The documented face of definition files: plain dicts in and out, names that stay in their folder."""

import pytest

from loom.workshop.config_impact import get_impact
from loom.workshop.config_manager import ConfigManager

WORKER = "# Mine.\nname: sorter\ndescription: Sorts\nsystem_prompt: Sort.\ndefault_model_tier: local\n"
PIPELINE = "name: intake\npipeline_stages: [{name: a, worker_type: sorter}]\n"


class Versions:
    """Keeps versions in memory."""

    def __init__(self):
        self.kept = []

    def save_worker_version(self, worker_name, config_yaml, description=None):
        self.kept.insert(
            0, {"worker_name": worker_name, "config_yaml": config_yaml, "description": description}
        )
        return str(len(self.kept))

    def get_worker_versions(self, worker_name):
        return [one for one in self.kept if one["worker_name"] == worker_name]


@pytest.fixture
def versions():
    return Versions()


@pytest.fixture
def manager(tmp_path, versions):
    files = {
        "configs/workers/sorter.yaml": WORKER,
        "configs/workers/_template.yaml": WORKER,
        "configs/workers/broken.yaml": "name: [x",
        "configs/orchestrators/intake.yaml": PIPELINE,
        "apps/desk/configs/workers/triage.yaml": WORKER.replace("sorter", "triage"),
        "apps/desk/configs/pipelines/loose.yaml": "name: loose\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return ConfigManager(tmp_path / "configs", versions, [tmp_path / "apps" / "desk" / "configs"])


def test_workers_are_listed_own_ones_first_without_drafts_and_broken_ones(manager):
    found = manager.list_workers()
    assert [(one["name"], one["app_name"]) for one in found] == [("sorter", None), ("triage", "desk")]
    assert found[0]["default_model_tier"] == "local"
    assert (found[0]["description"], found[0]["worker_kind"]) == ("Sorts", "llm")


def test_pipelines_are_listed_with_their_stages(manager):
    found = [
        (one["name"], one["stage_count"], one["has_pipeline_stages"]) for one in manager.list_pipelines()
    ]
    assert found == [("intake", 1, True), ("loose", 0, False)]


def test_definitions_are_read_and_those_that_are_not_there_are_not_found(manager):
    assert manager.get_worker("triage")["name"] == "triage"
    assert manager.get_worker_yaml("sorter") == WORKER
    assert manager.get_pipeline("intake")["pipeline_stages"][0]["name"] == "a"
    for act in (manager.get_worker, manager.get_worker_yaml, manager.get_pipeline, manager.delete_worker):
        with pytest.raises(FileNotFoundError):
            act("../workers/sorter")


def test_a_worker_is_saved_as_a_version_and_one_that_says_the_same_keeps_its_comments(manager, versions):
    config = manager.get_worker("sorter")
    assert manager.save_worker("sorter", config) == []
    assert manager.get_worker_yaml("sorter") == WORKER
    assert manager.save_worker("sorter", {**config, "description": "0o17"}, "octal") == []
    assert manager.get_worker("sorter")["description"] == "0o17"
    assert [one["description"] for one in manager.get_worker_version_history("sorter")] == ["octal", None]
    assert ConfigManager(manager.configs_dir).get_worker_version_history("sorter") == []


def test_what_is_wrong_is_said_and_not_saved(manager, versions):
    assert "system_prompt" in manager.save_worker("sorter", {"name": "sorter"})[0]
    assert "pipeline_stages" in manager.save_pipeline("intake", {"name": "intake"})[0]
    assert manager.get_worker_yaml("sorter") == WORKER
    assert versions.kept == []


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "", "con", "/tmp/x"])
def test_a_name_that_leads_elsewhere_is_refused(manager, tmp_path, name):
    before = sorted(tmp_path.rglob("*"))
    assert manager.save_worker(name, manager.get_worker("sorter"))
    assert manager.save_pipeline(name, manager.get_pipeline("intake"))
    assert manager.clone_worker("sorter", name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_copy_keeps_the_comments_and_is_refused_where_there_is_one(manager):
    assert manager.clone_worker("sorter", "second") == []
    assert manager.get_worker_yaml("second") == WORKER.replace("sorter", "second")
    assert "exists already" in manager.clone_worker("sorter", "triage")[0]
    with pytest.raises(FileNotFoundError):
        manager.clone_worker("ghost", "third")


def test_an_apps_worker_is_saved_as_a_copy_of_ones_own_and_never_deleted(manager):
    with pytest.raises(FileNotFoundError, match="comes with the app 'desk'"):
        manager.delete_worker("triage")
    assert manager.save_worker("triage", {**manager.get_worker("triage"), "description": "Mine"}) == []
    assert manager.get_worker("triage")["description"] == "Mine"
    manager.delete_worker("triage")
    assert manager.get_worker("triage")["description"] == "Sorts"


def test_a_pipeline_is_saved_where_it_was(manager):
    config = manager.get_pipeline("intake")
    assert manager.save_pipeline("intake", {**config, "description": "New"}) == []
    assert "New" in (manager.configs_dir / "orchestrators" / "intake.yaml").read_text()


def test_impact_is_found_with_it(manager):
    assert get_impact("sorter", manager)["pipelines"][0]["name"] == "intake"
