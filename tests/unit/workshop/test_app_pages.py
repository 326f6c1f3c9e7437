"""Apps over HTTP: deployed, shown with what they bring, removed, brought back; and the documented `AppManager`."""

import io
import zipfile

import pytest

from loom.core.manifest import AppManifest
from loom.workshop.app_manager import AppDeployError, AppManager

MANIFEST = """name: helpdesk
version: "1.2.0"
description: Answers tickets
python_package: {name: helpdesk-tools}
entry_configs:
  workers: [{config: configs/workers/triage.yaml}]
  schedulers: [{config: configs/schedulers/nightly.yaml}]
"""
FILES = {
    "manifest.yaml": MANIFEST,
    "configs/workers/triage.yaml": "name: triage\nsystem_prompt: Sort.\n",
    "configs/schedulers/nightly.yaml": "schedules: []\n",
}
BROWSER = {"Accept": "text/html"}


def packed(files=FILES):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


async def deploy(visitor, content, path="/apps/deploy", **options):
    return await visitor.client.post(path, files={"zip_file": ("app.zip", content)}, **options)


async def test_a_deployed_app_shows_what_it_brings_and_its_workers_can_be_used(visitor):
    answer = await deploy(visitor, packed())
    assert (answer.status_code, answer.headers["location"]) == (303, "/apps/helpdesk")
    page = (await visitor.get("/apps/helpdesk")).text
    assert 'href="/workers/triage"' in page
    assert "helpdesk-tools" in page
    assert "nightly.yaml" in page
    assert "Answers tickets" in (await visitor.get("/apps")).text
    assert (await visitor.get("/workers/triage/validate")).json()["valid"]
    assert (await visitor.get("/apps.json")).json()[0]["version"] == "1.2.0"
    assert "helpdesk,helpdesk,1.2.0" in (await visitor.get("/apps.csv")).text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nothing", "Not a valid ZIP"),
        (packed({"../x": "x"}), "unsafe path"),
        (packed({"a": "b"}), "manifest.yaml"),
    ],
)
async def test_a_bundle_that_is_refused_is_said_at_its_field(visitor, content, said):
    answer = await deploy(visitor, content, headers=BROWSER)
    assert answer.status_code == 400
    assert "Nothing was deployed." in answer.text
    assert said in answer.text


async def test_without_a_file_nothing_is_deployed(visitor):
    answer = await visitor.client.post("/apps/deploy", data={"zip_file": "text"}, headers=BROWSER)
    assert "missing" in answer.text


async def test_words_of_an_address_are_not_shown(visitor):
    assert "pay here" not in (await visitor.get("/apps?error=pay+here")).text


async def test_a_removed_app_can_be_restored_from_the_list_and_removing_twice_is_no_error(visitor):
    await deploy(visitor, packed())
    for _ in range(2):
        assert (await visitor.post("/apps/helpdesk/remove")).headers["location"] == "/apps"
    await visitor.get("/apps/helpdesk", 404)
    assert 'action="/apps/helpdesk/restore"' in (await visitor.get("/apps")).text
    await visitor.post("/apps/helpdesk/restore")
    await visitor.get("/apps/helpdesk")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2fconfigs", "%2e%2e%2f%2e%2e", "a%00"])
async def test_a_name_that_leads_elsewhere_removes_nothing(visitor, name):
    visitor.write("workers/mine.yaml", "name: mine\nsystem_prompt: Work.\n")
    before = sorted(visitor.configs.parent.rglob("*.yaml"))
    answer = await visitor.client.post(f"/apps/{name}/remove")
    assert answer.status_code in (303, 400, 404, 405)
    assert sorted(visitor.configs.parent.rglob("*.yaml")) == before


async def test_over_rest_an_app_is_deployed_read_removed_and_restored(visitor):
    answer = await deploy(visitor, packed(), "/api/v1/apps")
    assert (answer.status_code, answer.json()["app"]["name"]) == (201, "helpdesk")
    assert (await deploy(visitor, packed(), "/api/v1/apps")).json()["replaced"] == "1.2.0"
    refused = await deploy(visitor, b"x", "/api/v1/apps")
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "config")
    await visitor.json("DELETE", "/api/v1/apps/helpdesk", status=204)
    assert await visitor.json("GET", "/api/v1/apps") == {"items": [], "next": None}
    assert (await visitor.json("GET", "/api/v1/apps?removed=true"))["items"][0]["name"] == "helpdesk"
    restored = await visitor.json("POST", "/api/v1/apps/helpdesk/restore")
    assert restored == await visitor.json("GET", "/api/v1/apps/helpdesk")


async def test_what_was_done_with_apps_is_in_the_audit_log(visitor):
    await deploy(visitor, packed())
    await visitor.post("/apps/helpdesk/remove")
    page = (await visitor.get("/settings/audit")).text
    assert "app.deploy" in page
    assert "app.remove" in page


class TestManager:
    """The face that is documented for programs."""

    @pytest.fixture
    def zip_file(self, tmp_path):
        place = tmp_path / "app.zip"
        place.write_bytes(packed())
        return place

    def test_apps_are_deployed_listed_found_and_removed(self, tmp_path, zip_file):
        manager = AppManager(tmp_path / "apps")
        assert manager.list_apps() == []
        manifest = manager.deploy_app(zip_file)
        assert isinstance(manifest, AppManifest)
        assert manager.list_apps() == [manifest] == [manager.get_app("helpdesk")]
        assert (manager.get_app_configs_dir("helpdesk") / "workers" / "triage.yaml").is_file()
        manager.remove_app("helpdesk")
        for act in (manager.get_app, manager.get_app_configs_dir, manager.remove_app):
            with pytest.raises(FileNotFoundError):
                act("helpdesk")

    @pytest.mark.parametrize(
        ("content", "said"), [(b"x", "Not a valid ZIP"), (packed({"/x": "x"}), "unsafe path")]
    )
    def test_a_bundle_that_is_refused_is_an_error_of_its_own(self, tmp_path, zip_file, content, said):
        zip_file.write_bytes(content)
        with pytest.raises(AppDeployError, match=said):
            AppManager(tmp_path / "apps").deploy_app(zip_file)
        with pytest.raises(AppDeployError, match="not found"):
            AppManager(tmp_path / "apps").deploy_app(tmp_path / "ghost.zip")

    async def test_workers_are_told_to_reload_where_there_is_a_bus(self, tmp_path, caplog):
        sent = []

        class Bus:
            async def publish(self, subject, data):
                sent.append((subject, data))
                raise ConnectionError("down")

        await AppManager(tmp_path).notify_reload()
        await AppManager(tmp_path, Bus()).notify_reload()
        assert sent == [("loom.control.reload", {"action": "reload"})]
        assert "not announced" in caplog.text
