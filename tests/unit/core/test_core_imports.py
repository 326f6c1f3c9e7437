"""What a file names is imported, unless a list says otherwise."""

from pathlib import Path

import pytest

from loom.core.config import resolve_schema_refs
from loom.core.errors import ConfigError
from loom.core.imports import ImportRefusedError, module_of
from loom.core.reach import Reach, reaching
from loom.core.worker_config import ToolSilo
from loom.worker.classpath import load_class
from loom.worker.command import SubprocessBackend
from loom.worker.processing_backend import ProcessingBackend
from loom.worker.tools import load_tool_provider, load_tool_providers


def test_a_path_without_a_dot_is_explained() -> None:
    with pytest.raises(ImportError, match="fully qualified"):
        module_of("Path")


def test_a_class_of_the_folder_one_works_in_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loom_test_here.py").write_text("class Mine: pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    module, name = module_of("loom_test_here.Mine")
    assert getattr(module, name).__name__ == "Mine"


def test_the_folder_one_works_in_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loom_test_hiding.py").write_text("class Mine: pass\n")
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "loom_test_hiding.py").write_text("class First: pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path / "first")])
    assert hasattr(module_of("loom_test_hiding.First")[0], "First")


@pytest.mark.parametrize("ending", ["raise SystemExit(0)", "raise BaseException('no')"])
def test_a_module_that_ends_the_process_is_a_fault_of_the_file_that_names_it(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loom_test_script.py").write_text(f"{ending}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"ended the process when it was imported .*__main__"):
        resolve_schema_refs({"input_schema_ref": "loom_test_script.Model"})


def test_a_model_without_a_schema_is_named() -> None:
    with pytest.raises(ConfigError, match="is not a Pydantic BaseModel"):
        resolve_schema_refs({"input_schema_ref": "pydantic.BaseModel"})


@pytest.mark.parametrize("path", ["os.system", "loom.worker.toolsmith.X", "pathlibs.Path", "loom.worker"])
def test_what_is_not_on_the_list_is_not_imported(path: str) -> None:
    with (
        reaching(
            Reach(
                (
                    "pathlib.Path",
                    "loom.worker.tools.*",
                )
            )
        ),
        pytest.raises(ImportRefusedError, match=path),
    ):
        module_of(path)


def test_what_is_on_the_list_is_imported_and_outside_the_list_does_not_hold() -> None:
    with reaching(
        Reach(
            (
                "pathlib.Path",
                "loom.worker.*",
            )
        )
    ):
        assert module_of("pathlib.Path")[1] == "Path"
        assert module_of("loom.worker.tools.ToolProvider")[1] == "ToolProvider"
    assert module_of("json.JSONDecoder")[1] == "JSONDecoder"


def test_the_list_holds_for_every_key_that_names_code() -> None:
    with reaching(Reach()):
        with pytest.raises(ConfigError, match="may not be imported"):
            resolve_schema_refs({"input_schema_ref": "pydantic.BaseModel"})
        with pytest.raises(ImportRefusedError):
            load_tool_provider("os.system", {})
        with pytest.raises(ConfigError, match="is not on the list"):
            load_tool_providers([ToolSilo("x", "os.system")])


def test_none_allows_everything_also_within_a_list() -> None:
    with reaching(Reach()), reaching(None):
        assert module_of("json.JSONDecoder")[1] == "JSONDecoder"


def test_a_package_on_the_list_does_not_allow_what_it_imports_from_elsewhere() -> None:
    path = "loom.worker.processor.SubprocessBackend"
    with (
        reaching(Reach(("loom.worker.processor.*",))),
        pytest.raises(ImportRefusedError, match=r"command\.Sub"),
    ):
        load_class(path, ProcessingBackend)
    with reaching(Reach((path,))):
        assert load_class(path, ProcessingBackend) is SubprocessBackend
    with reaching(Reach(("loom.worker.*",))):
        assert load_class(path, ProcessingBackend) is SubprocessBackend
