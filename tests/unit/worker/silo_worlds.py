"""A folder of knowledge with a secret beside it, and what is there afterwards."""

import os
from pathlib import Path

SECRET = "outside, and to stay as it is"
BEFORE = {"notes.md": "old", "deep/more.md": "more"}


def made(beside: Path) -> Path:
    """The folder, with a secret and an empty folder beside it."""
    (beside / "secret.md").write_text(SECRET)
    (beside / "outside").mkdir()
    root = beside / "silo"
    (root / "deep").mkdir(parents=True)
    for name, text in BEFORE.items():
        (root / name).write_text(text)
    return root


def visible(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path.read_text() for path in files}
    return {name: text for name, text in names.items() if not name.startswith(".loom/")}


def outside(root: Path) -> dict[str, str]:
    inside = str(root) + os.sep
    files = (path for path in root.parent.rglob("*") if path.is_file() and not str(path).startswith(inside))
    return {path.name: path.read_text() for path in files}
