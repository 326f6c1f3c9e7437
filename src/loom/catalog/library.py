"""Finds definitions by name: the user's own first, then those of apps, then those that come with Loom. Reads none."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from loom.catalog.unchanged import Unchanged
from loom.core.errors import NotFoundError
from loom.core.inside import Found as Standing
from loom.core.inside import kind_of
from loom.core.kinds import Kind
from loom.core.spelling import suggestion

__all__ = ["Found", "Home", "Library", "Source", "shipped_configs"]

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where a home keeps definitions of one kind."""

    folders: tuple[str, ...]
    endings: tuple[str, ...] = _YAML


_SHELVES = {
    Kind.WORKER: _Shelf(("workers",)),
    Kind.PIPELINE: _Shelf(("pipelines", "orchestrators")),
    Kind.SUITE: _Shelf(("suites",), (*_YAML, ".json", ".jsonl", ".csv", ".parquet")),
}


class Source(StrEnum):
    """Whose a definition is. Only own ones are ever changed."""

    OWN = "own"
    APP = "app"
    SHIPPED = "shipped"


@cache
def shipped_configs() -> Path:
    """The folder of definitions that comes with Loom: inside the wheel, or in the checkout it runs from."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parents[1] / "configs"


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that holds `workers/`, `pipelines/` and `suites/`."""

    path: Path
    source: Source

    @property
    def key(self) -> str:
        """What tells the same name in different places apart, in the history of versions."""
        if self.source is Source.SHIPPED:
            return self.source.value  # wherever this Loom is installed
        return os.path.realpath(self.path).encode(errors="backslashreplace").decode()

    def folder(self, kind: Kind) -> str:
        """The name of the folder in which new definitions of `kind` are made."""
        folders = _SHELVES[kind].folders
        return next((name for name in folders if (self.path / name).is_dir()), folders[0])


@dataclass(frozen=True, slots=True)
class Found:
    """A definition file."""

    name: str
    path: Path
    home: Home
    hides: tuple[Source, ...] = ()
    """Whose definitions of the same name it stands before."""

    @property
    def source(self) -> Source:
        """Whose it is."""
        return self.home.source

    @property
    def file(self) -> str:
        """Its path below its home, with `/`."""
        return self.path.relative_to(self.home.path).as_posix()


class Library:
    """The definitions under `configs_dir`, of apps and of Loom; earlier ones hide later ones of the same name."""

    def __init__(self, configs_dir: Path = Path("configs"), apps_dir: Path | None = None) -> None:
        """`apps_dir` holds a folder with `configs/` for each app."""
        self.own = Home(configs_dir, Source.OWN)
        apps = sorted(apps_dir.glob("*/configs")) if apps_dir else []
        self.homes = [self.own, *(Home(path, Source.APP) for path in apps if path.is_dir())]
        if os.path.realpath(configs_dir) != os.path.realpath(shipped_configs()):
            self.homes.append(Home(shipped_configs(), Source.SHIPPED))

    def workers(self) -> list[Found]:
        """Every worker, as `all` has them."""
        return self.all(Kind.WORKER)

    def suites(self) -> list[Found]:
        """Every suite, as `all` has them."""
        return self.all(Kind.SUITE)

    def worker(self, name: str) -> Path:
        """The file of the worker that `name` names, or `name` itself when it is a path.

        Raises:
            NotFoundError: naming what is near.
        """
        return self._find(name, Kind.WORKER)

    def suite(self, name: str) -> Path:
        """The file of the suite that `name` names, or `name` itself when it is a path.

        Raises:
            NotFoundError: naming what is near.
        """
        return self._find(name, Kind.SUITE)

    def all(self, kind: Kind) -> list[Found]:
        """Every definition of `kind` (worker, pipeline, suite): one's own first, Loom's last, each sorted by name."""
        found = _by_name(self.everywhere(kind)).values()
        place = {home: number for number, home in enumerate(self.homes)}
        return sorted(found, key=lambda one: (place[one.home], one.name))

    def named(self, kind: Kind, name: str) -> Found | None:
        """The definition of `kind` called `name`."""
        return _by_name(one for one in self.everywhere(kind) if one.name == name).get(name)

    def everywhere(self, kind: Kind) -> Iterator[Found]:
        """Every definition of `kind`, hidden ones too, in the order in which they are looked for."""
        shelf = _SHELVES[kind]
        for home in self.homes:
            for folder in shelf.folders:
                yield from _below(home, home.path / folder, shelf.endings)

    def at(self, kind: Kind, path: Path) -> Found | None:
        """The definition of `kind` whose file is at `path`."""
        wanted = os.path.realpath(path)
        # Those of its name first: to find out where a path leads takes longer than all the rest.
        likely = sorted(self.everywhere(kind), key=lambda one: one.path.name != path.name)
        return next((one for one in likely if os.path.realpath(one.path) == wanted), None)

    def _find(self, name: str, kind: Kind) -> Path:
        place = _standing(name)
        if name.endswith(_SHELVES[kind].endings) or "/" in name:
            if place is Standing.FILE:
                return Path(name)
            but = f": that is {place}" if place else ""
            raise NotFoundError(f"there is no {kind} file '{name}'{but}")
        known = {found.name: found.path for found in self.all(kind)}
        if name in known:
            return known[name]
        if place is Standing.FILE:
            return Path(name)
        other = next((other for other in _SHELVES if self.named(other, name)), None)
        if other:
            raise NotFoundError(f"there is no {kind} '{name}': that is a {other}")
        names = ", ".join(sorted(known)) or "none yet"
        hint = suggestion(name, known, f"there are {names}; or give the path of a file")
        raise NotFoundError(f"there is no {kind} '{name}'; {hint}")


def _standing(name: str) -> Standing | None:
    """What is at the path `name`."""
    try:
        return kind_of(Path(name).stat().st_mode)
    except (OSError, ValueError):
        return None


def _by_name(every: Iterable[Found]) -> dict[str, Found]:
    """Of those of one name the one that counts: the first."""
    found: dict[str, Found] = {}
    for one in every:
        first = found.setdefault(one.name, one)
        if first is not one and first.home != one.home:
            found[one.name] = replace(first, hides=(*first.hides, one.source))
    return found


def _below(home: Home, folder: Path, endings: tuple[str, ...]) -> Iterable[Found]:
    """The definitions in `folder` and in those below it, in the order of the parts of their paths."""
    inside = _INSIDE.of((home, folder, endings), folder, partial(_inside, home, folder, endings))
    if not inside.links and not inside.folders:
        return inside.files
    found = [*inside.files, *(one for one in inside.links if one.path.is_file())]
    for name in inside.folders:
        found += _below(home, folder / name, endings)
    return sorted(found, key=lambda one: one.path.parts)


class _Inside(NamedTuple):
    """What is directly in a folder, by name; definitions begin with neither `_` nor a dot, and end as they must."""

    files: tuple[Found, ...] = ()
    links: tuple[Found, ...] = ()
    folders: tuple[str, ...] = ()


def _inside(home: Home, folder: Path, endings: tuple[str, ...]) -> _Inside:
    try:
        with os.scandir(folder) as inside:
            entries = sorted(inside, key=lambda entry: entry.name)
    except OSError:  # none, or not to be read
        return _Inside()

    def found(entry: "os.DirEntry[str]") -> Found:
        path = folder / entry.name
        return Found(path.stem, path, home)

    named = [one for one in entries if one.name.endswith(endings) and not one.name.startswith(("_", "."))]
    return _Inside(
        tuple(found(entry) for entry in named if entry.is_file(follow_symlinks=False)),
        tuple(found(entry) for entry in named if entry.is_symlink()),
        tuple(entry.name for entry in entries if entry.is_dir(follow_symlinks=False)),
    )


_INSIDE: Unchanged[tuple[Home, Path, tuple[str, ...]], _Inside] = Unchanged(1_000)
"""Every list and every name that is looked for needs these."""
