"""Bundles are looked at whole: one that is wrong changes nothing, one that is right is there at once, and can go back."""

import struct
import zipfile

import pytest
from app_bundles import FILES, MANIFEST, WORKER, bundle, packed, with_entry

from loom.catalog.apps import bundle as bundles
from loom.catalog.apps import folder as folders
from loom.catalog.apps.folder import AppFolder
from loom.catalog.library import Library
from loom.core.errors import ConfigError, NotFoundError, StorageError, UsageError

NEWER = {**FILES, "manifest.yaml": MANIFEST.replace("1.2.0", "1.3.0"), "configs/workers/new.yaml": WORKER}


@pytest.fixture
def apps(tmp_path):
    return AppFolder(tmp_path / "apps")


@pytest.fixture
def zip_file(tmp_path):
    return tmp_path / "app.zip"


def state(apps):
    """Every file of the apps with its text."""
    return {str(path): path.read_text() for path in apps.path.rglob("*") if path.is_file()}


def test_a_deployed_app_is_there_with_its_definitions(apps, zip_file, tmp_path):
    deployed = apps.deploy(bundle(zip_file))
    assert (deployed.manifest.version, deployed.replaced) == ("1.2.0", None)
    assert [
        found.name for found in Library(tmp_path / "own", apps.path).workers() if found.source == "app"
    ] == ["triage"]
    assert [path.name for path in apps.path.iterdir()] == ["helpdesk"]


def test_a_newer_one_takes_its_place_and_one_can_go_back_and_forth(apps, zip_file):
    apps.deploy(bundle(zip_file))
    before = state(apps)
    assert apps.deploy(bundle(zip_file, NEWER)).replaced.version == "1.2.0"
    newer = state(apps)
    assert len(newer) == 3
    apps.restore("helpdesk")
    assert state(apps) == before
    apps.restore("helpdesk")
    assert state(apps) == newer


def test_a_removed_app_is_gone_and_can_be_restored(apps, zip_file):
    apps.deploy(bundle(zip_file))
    apps.remove("helpdesk")
    assert apps.all() == []
    assert [app.name for app in apps.removed()] == ["helpdesk"]
    apps.restore("helpdesk")
    assert apps.get("helpdesk").manifest.version == "1.2.0"
    assert apps.removed() == []


def test_what_was_never_there_is_neither_removed_nor_restored(apps):
    with pytest.raises(NotFoundError, match="there is no app"):
        apps.remove("ghost")
    with pytest.raises(UsageError, match="nothing before it"):
        apps.restore("ghost")


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".", "A", "%2e%2e", ".apps-aside", "x\0"])
def test_a_name_that_no_app_can_have_reaches_no_folder(apps, zip_file, name):
    apps.deploy(bundle(zip_file))
    before = state(apps)
    for act in (apps.get, apps.remove, apps.restore, apps.previous):
        with pytest.raises(NotFoundError):
            act(name)
    assert state(apps) == before


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme.md": "x"}, "has no manifest.yaml at its top"),
        ({"app/manifest.yaml": MANIFEST}, "has no manifest.yaml at its top"),
        ({"manifest.yaml": "[1]"}, "must be a YAML mapping"),
        ({"manifest.yaml": "name: [x"}, "Invalid manifest"),
        ({"manifest.yaml": b"\xff\xfe"}, "utf-8"),
        ({"manifest.yaml": "name: x"}, "missing field 'version'"),
        ({"manifest.yaml": MANIFEST.replace("helpdesk", "../up")}, "Invalid manifest.*'name'"),
        ({"manifest.yaml": MANIFEST.replace("1.2.0", "new")}, "Invalid manifest.*'version'"),
        ({"manifest.yaml": MANIFEST}, "missing file.*triage"),
        ({"manifest.yaml": MANIFEST + "scripts: [{path: run.py}]\n", "configs/workers/triage.yaml": WORKER}, "missing file.*run.py"),
        ({"manifest.yaml": MANIFEST.replace("triage.yaml", "triage.json")}, "does not end in .yaml"),
        ({**FILES, "manifest.yaml": MANIFEST + 'loom_version: ">=2.0"\n'}, "asks for Loom >=2.0"),
        ({**FILES, "manifest.yaml": MANIFEST + "loom_version: soon\n"}, "must compare versions"),
        ({**FILES, "../up.yaml": "x"}, "unsafe path"),
        ({**FILES, "/etc/x": "x"}, "unsafe path"),
        ({**FILES, "a/../../x": "x"}, "unsafe path"),
        ({**FILES, "C:/x": "x"}, "unsafe path"),
        ({**FILES, "a\\x": "x"}, "unsafe path"),
        ({**FILES, "a//x": "x"}, "unsafe path"),
        ({**FILES, "a./x": "x"}, "unsafe path"),
        ({**FILES, "a\n": "x"}, "unsafe path"),
        ({**FILES, "/".join("a" * 30): "x"}, "unsafe path"),
        ({**FILES, "MANIFEST.yaml": "x"}, "same file as 'manifest.yaml'"),
        ({**FILES, "configs": "x"}, "a file and a folder"),
        ({**FILES, "zeros": b"\0" * 5_000_000}, "far more than it holds"),
    ],
)  # fmt: skip
def test_a_bundle_with_anything_wrong_is_refused_and_changes_nothing(apps, zip_file, files, said):
    apps.deploy(bundle(zip_file))
    before = state(apps)
    with pytest.raises(ConfigError, match=f"(?is){said}"):
        apps.deploy(bundle(zip_file, files))
    assert state(apps) == before
    assert apps.previous("helpdesk") is None


@pytest.mark.parametrize(
    "content", [b"", b"no zip", packed()[:-40], packed()[40:], b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_zip_is_refused(apps, zip_file, content):
    zip_file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"Not a valid ZIP|too many files"):
        apps.deploy(zip_file)


def test_a_file_that_is_not_there_is_not_found(apps, zip_file):
    with pytest.raises(ConfigError, match="not found"):
        apps.deploy(zip_file)


def test_a_link_is_refused(apps, zip_file):
    link = zipfile.ZipInfo("configs/link")
    link.external_attr = 0o120777 << 16
    with pytest.raises(ConfigError, match="is a symlink"):
        apps.deploy(with_entry(zip_file, link, b"/etc/passwd"))


def test_a_device_is_refused(apps, zip_file):
    device = zipfile.ZipInfo("configs/device")
    device.external_attr = 0o020666 << 16
    with pytest.raises(ConfigError, match="is no file"):
        apps.deploy(with_entry(zip_file, device))


def test_a_name_that_hides_another_behind_a_null_byte_is_refused(apps, zip_file):
    data = packed({**FILES, "safe.yamlXup": "x"}).replace(b"safe.yamlXup", b"safe.yaml\0up")
    zip_file.write_bytes(data)
    with pytest.raises(ConfigError, match="unsafe path"):
        apps.deploy(zip_file)


def test_a_file_that_is_not_as_large_as_it_says_is_refused(apps, zip_file):
    data = bytearray(packed())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 3)
    zip_file.write_bytes(data)
    with pytest.raises(ConfigError, match=r"Not a valid ZIP|as large as it says"):
        apps.deploy(zip_file)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_that_may_blow_up_is_refused(apps, zip_file, method):
    entry = zipfile.ZipInfo("x")
    entry.compress_type = method
    with pytest.raises(ConfigError, match="packed in a way"):
        apps.deploy(with_entry(zip_file, entry))


@pytest.mark.parametrize(
    ("limit", "most", "said"),
    [
        ("_MOST_ENTRIES", 1, "the most"),
        ("_MOST_UNPACKED", 100, "unpacks to"),
        ("_MOST_OF_ONE", 100, "unpacks to"),
        ("MAX_BUNDLE_BYTES", 100, "is larger than"),
    ],
)
def test_what_is_too_much_is_refused(apps, zip_file, monkeypatch, limit, most, said):
    monkeypatch.setattr(bundles, limit, most)
    with pytest.raises(ConfigError, match=said):
        apps.deploy(bundle(zip_file))


def test_two_dots_inside_a_name_are_legal(apps, zip_file):
    apps.deploy(bundle(zip_file, {**FILES, "docs/a..b": "x", ".hidden/x": "y"}))
    assert (apps.path / "helpdesk" / "docs" / "a..b").read_text() == "x"


@pytest.mark.parametrize("at_once", [True, False])
def test_when_putting_it_in_place_fails_the_old_one_is_there(apps, zip_file, monkeypatch, at_once):
    apps.deploy(bundle(zip_file))
    before = state(apps)

    def fail(*_):
        raise OSError(28, "No space left on device")

    if at_once:
        monkeypatch.setattr(folders, "_exchanged", fail)
    else:
        monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
        monkeypatch.setattr(folders.Path, "rename", failing_for(folders.Path.rename, "new-"))
    with pytest.raises(StorageError, match="cannot be written"):
        apps.deploy(bundle(zip_file, NEWER))
    assert state(apps) == before


def failing_for(rename, prefix):
    """`rename`, which fails for what is so called."""

    def renamed(self, target):
        if self.name.startswith(prefix):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    return renamed


def test_without_a_swap_in_one_step_it_is_done_in_several(apps, zip_file, monkeypatch):
    monkeypatch.setattr(folders, "_exchanged", lambda *_: False)
    apps.deploy(bundle(zip_file))
    before = state(apps)
    apps.deploy(bundle(zip_file, NEWER))
    assert apps.get("helpdesk").manifest.version == "1.3.0"
    apps.restore("helpdesk")
    assert state(apps) == before


def test_what_one_who_died_left_is_cleared_and_never_seen(apps, zip_file, tmp_path):
    apps.deploy(bundle(zip_file))
    left = tmp_path / ".apps-aside" / "new-dead" / "configs"
    left.mkdir(parents=True)
    assert [app.name for app in apps.all()] == ["helpdesk"]
    apps.deploy(bundle(zip_file))
    assert not left.parent.exists()


def test_a_broken_app_is_listed_with_what_is_wrong(apps, zip_file):
    apps.deploy(bundle(zip_file))
    (apps.path / "helpdesk" / "manifest.yaml").write_text("name: 1\n")
    [app] = apps.all()
    assert app.manifest is None
    assert "missing field" in app.problem
    assert apps.deploy(bundle(zip_file)).replaced is None
