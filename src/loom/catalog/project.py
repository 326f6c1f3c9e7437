"""A folder to begin in: a worker, a suite and on request a CI file, made from templates. Overwrites nothing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loom.catalog.library import shipped_configs
from loom.core.errors import Problem, UsageError
from loom.core.inside import Folder, LinkError

__all__ = ["Ci", "Project", "ci_text", "make_project"]

_TEMPLATES = "templates"
_RENAMED = {"gitignore": ".gitignore"}
"""Files that would work on Loom's own repository under their real names."""


class Ci(StrEnum):
    """Who runs the checks of a repository."""

    GITHUB = "github"
    GITLAB = "gitlab"


_CI_FILES = {Ci.GITHUB: ".github/workflows/loom.yml", Ci.GITLAB: ".gitlab-ci.yml"}


@dataclass(frozen=True, slots=True)
class Project:
    """What became of each file, by its name in the folder."""

    folder: Path
    created: tuple[str, ...]
    kept: tuple[str, ...]
    """They were there, and are as they were."""


def make_project(folder: Path, ci: Ci | None = None) -> Project:
    """Make `folder` one to work in; it may exist, and hold other things.

    Raises:
        UsageError: when it cannot be written, or a link is in the way of a folder.
    """
    place = Path(os.path.realpath(folder.expanduser()))
    wanted = dict(_files(ci))
    try:
        place.mkdir(parents=True, exist_ok=True)
        with Folder(place) as inside:
            return _filled(inside, place, wanted)
    except LinkError as error:
        remedy = "remove the link, or choose another folder"
        raise UsageError(
            Problem(f"{error}, and links are not followed", "DIR", value=str(folder), remedy=remedy)
        ) from None
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise UsageError(Problem(what, "DIR", value=str(folder), remedy="choose another folder")) from None


def ci_text(ci: Ci) -> str:
    """The file that has `ci` evaluate every change."""
    return (shipped_configs() / _TEMPLATES / "ci" / f"{ci}.yml.template").read_text("utf-8")


def _files(ci: Ci | None) -> Iterator[tuple[str, str]]:
    root = shipped_configs() / _TEMPLATES / "project"
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        yield _RENAMED.get(name, name), path.read_text("utf-8")
    if ci is not None:
        yield _CI_FILES[ci], ci_text(ci)


def _filled(inside: Folder, place: Path, wanted: dict[str, str]) -> Project:
    """Look at all names before the first is written."""
    kept = tuple(name for name in wanted if inside.find(name) is not None)
    created = tuple(name for name in wanted if name not in kept)
    for name in created:
        inside.write(name, wanted[name].encode())
    return Project(place, created, kept)
