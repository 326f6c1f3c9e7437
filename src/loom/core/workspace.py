"""Files of one folder by relative name: nothing outside the folder can be read or written through it."""

import json
import os
from os import PathLike
from pathlib import Path

from loom.core.inside import Folder, LinkError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.reach import require_readable

__all__ = ["WorkspaceManager"]

_LARGEST = 1_000_000_000


class WorkspaceManager:
    """The files that workers exchange by name. Symbolic links that lead out of the folder are outside."""

    def __init__(self, workspace_dir: str | PathLike[str]) -> None:
        self.workspace_dir = Path(workspace_dir)

    def resolve(self, file_ref: str) -> Path:
        """The absolute path of an existing file.

        Raises:
            ValueError: when `file_ref` leads out of the workspace.
            FileNotFoundError: when there is no such file.
            FileRefusedError: when others may not have it read.
        """
        path = self._inside(file_ref)
        require_readable(path)
        if not path.exists():
            raise FileNotFoundError(f"File not found in {self.workspace_dir}: {file_ref}")
        return path

    def read_text(self, file_ref: str, most: int = _LARGEST) -> str:
        """The UTF-8 text of a file of at most so many bytes. Raises as `resolve`, and OSError."""
        name = self._name(self.resolve(file_ref))
        with Folder(self.workspace_dir) as folder:
            try:
                return folder.read(name, most).decode("utf-8")
            except LinkError as error:
                raise ValueError(f"Path traversal: {file_ref!r} became a link while it was read") from error

    def read_json(self, file_ref: str) -> Json:
        """The JSON in a file. Raises as `read_text`, and json.JSONDecodeError."""
        return json.loads(self.read_text(file_ref))

    def write_json(self, filename: str, data: JsonValue) -> Path:
        """Write `data`, indented by two, and return the absolute path. Folders on the way are made.

        Whoever reads meanwhile gets the old file or the new one, whole.

        Raises:
            ValueError: when `filename` leads out of the workspace.
        """
        text = json.dumps(data, indent=2, ensure_ascii=False)
        path = self._inside(filename)
        self.workspace_dir.mkdir(parents=True, exist_ok=True)
        with Folder(self.workspace_dir) as folder:
            try:
                folder.write(self._name(path), text.encode("utf-8", "surrogatepass"))
            except LinkError as error:
                raise ValueError(
                    f"Path traversal: {filename!r} became a link while it was written"
                ) from error
        return path

    def _inside(self, name: str) -> Path:
        """`name` as an absolute path, links followed; by components, so `../ws-secret` is not inside `ws`."""
        root = self._root()
        if "\0" in name:
            raise ValueError(f"Path traversal: {name!r} is not a file name")
        path = Path(os.path.realpath(root / name))
        if Path(name).is_absolute() or not path.is_relative_to(root):
            raise ValueError(f"Path traversal: {name!r} is outside the workspace; use a path relative to it")
        return path

    def _name(self, path: Path) -> str:
        """An absolute path inside, as seen from the workspace."""
        return path.relative_to(self._root()).as_posix()

    def _root(self) -> Path:
        """Where the folder really is. `Path.resolve` would break off at a link that leads to itself."""
        return Path(os.path.realpath(self.workspace_dir))
