"""Finds definitions by name: in the user's folder first, then among those that come with Loom. Reads none of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from loom.core.errors import NotFoundError

__all__ = ["Found", "Library", "shipped_configs"]

_WORKERS = ("workers", (".yaml", ".yml"))
_SUITES = ("suites", (".yaml", ".yml", ".json", ".jsonl", ".csv"))


def shipped_configs() -> Path:
    """The folder of definitions that comes with Loom: inside the wheel, or in the checkout it runs from."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parents[1] / "configs"


@dataclass(frozen=True, slots=True)
class Found:
    """A definition file."""

    name: str
    path: Path
    shipped: bool


class Library:
    """The definitions under `configs_dir` and the shipped ones; the user's hide shipped ones of the same name."""

    def __init__(self, configs_dir: Path = Path("configs")) -> None:
        self._folders = [configs_dir]
        if configs_dir.resolve() != shipped_configs().resolve():
            self._folders.append(shipped_configs())

    def workers(self) -> list[Found]:
        """Every worker, sorted by name."""
        return self._list(*_WORKERS)

    def suites(self) -> list[Found]:
        """Every suite, sorted by name."""
        return self._list(*_SUITES)

    def worker(self, name: str) -> Path:
        """The file of the worker that `name` names, or `name` itself when it is a path.

        Raises:
            NotFoundError: naming what is near.
        """
        return self._find(name, "worker", *_WORKERS)

    def suite(self, name: str) -> Path:
        """The file of the suite that `name` names, or `name` itself when it is a path.

        Raises:
            NotFoundError: naming what is near.
        """
        return self._find(name, "suite", *_SUITES)

    def _find(self, name: str, noun: str, folder: str, endings: tuple[str, ...]) -> Path:
        if name.endswith(endings) or "/" in name:
            path = Path(name)
            if path.is_file():
                return path
            raise NotFoundError(f"there is no {noun} file '{name}'")
        known = {found.name: found.path for found in self._list(folder, endings)}
        if name in known:
            return known[name]
        near = get_close_matches(name, known, 1)
        names = ", ".join(sorted(known))
        hint = f"did you mean '{near[0]}'?" if near else f"there are {names}; or give the path of a file"
        raise NotFoundError(f"there is no {noun} '{name}'; {hint}")

    def _list(self, folder: str, endings: tuple[str, ...]) -> list[Found]:
        found: dict[str, Found] = {}
        for root in self._folders:
            for path in _files(root / folder, endings):
                found.setdefault(path.stem, Found(path.stem, path, shipped=root is not self._folders[0]))
        return sorted(found.values(), key=lambda one: one.name)


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in endings and not path.name.startswith(("_", ".")) and path.is_file()
    )
