"""Reads the files that a configuration refers to, inside its folder only; collects problems and what is left out."""

from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import cast

from loom.core.errors import ConfigError, Problem
from loom.core.findings import Report, dotted
from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlfile import parse_yaml
from loom.evaluation.json_text import parse_json
from loom.evaluation.suites.promptfoo.models import LeftOut, Source

__all__ = ["CODE", "Reading", "is_code", "is_file", "listed", "mapping"]

CODE = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".sh")
_SCHEME = "file://"
_MOST_BYTES = 64 * 1024 * 1024
_MOST_FILES = 1000


def is_file(value: JsonValue) -> bool:
    """Whether `value` refers to a file."""
    return isinstance(value, str) and value.startswith(_SCHEME)


def listed(value: JsonValue) -> list[JsonValue]:
    """`value` as a list: itself, nothing for None, else the only item."""
    if isinstance(value, list):
        return cast("list[JsonValue]", value)
    return [] if value is None else [value]


def mapping(value: JsonValue) -> Json:
    """`value` when it is a mapping, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def is_code(name: str) -> bool:
    """Whether a file of this name holds code, perhaps with the name of a function behind a colon."""
    name = name.removeprefix(_SCHEME).lower()
    return name.endswith(CODE) or name.rpartition(":")[0].endswith(CODE)


@dataclass(slots=True)
class Reading:
    """One configuration while it is read."""

    root: Path
    """The folder of the configuration: nothing outside of it is read."""

    report: Report
    left_out: dict[LeftOut, None] = field(default_factory=dict[LeftOut, None])
    """Each once, in the order in which they were met."""

    def leave(self, source: Source, what: str, why: str) -> None:
        """`what` is not taken over."""
        place = dotted(source.where)
        left = LeftOut(f"{source.file}: {place}" if source.file else place, what, why)
        self.left_out[left] = None

    def error(self, source: Source, what: str, value: object = None, remedy: str | None = None) -> None:
        """The configuration is wrong at `source`."""
        if source.file is None:
            self.report.error(source.where, what, value, remedy)
        else:
            problem = Problem(what, dotted(source.where) or None, source.file, value=value, remedy=remedy)
            self.report.errors.append(problem)

    def mapping(self, source: Source, what: str, remedy: str) -> Json | None:
        """The mapping at `source`; None, and the error that it is none."""
        value: object = source.value
        if isinstance(value, dict):
            return cast("Json", value)
        self.error(source, what, source.value, remedy)
        return None

    def paths(self, source: Source) -> list[Path]:
        """The files inside the folder that `source` names, by `file://` and perhaps with `*`; an error for none."""
        name = str(source.value).removeprefix(_SCHEME)
        try:
            if any(sign in name for sign in "*?["):
                matching = (path for path in self.root.glob(name) if path.is_file())
                found = sorted(islice(matching, _MOST_FILES + 1))
            else:
                found = [self.root / name] if (self.root / name).is_file() else []
            outside = not all(path.resolve().is_relative_to(self.root.resolve()) for path in found)
        except (ValueError, OSError, NotImplementedError, IndexError):
            found, outside = [], False
        if outside or Path(name).is_absolute() or ".." in Path(name).parts:
            remedy = "copy the file into that folder"
            self.error(source, "leads out of the folder of the configuration", source.value, remedy)
            return []
        if not found:
            self.error(source, "names a file that is not there", source.value, "check the path")
        if len(found) > _MOST_FILES:
            self.error(source, f"names more than {_MOST_FILES:,} files", source.value, "name fewer")
            return []
        return found

    def text(self, source: Source, path: Path, most_bytes: int = _MOST_BYTES) -> str | None:
        """The text of `path`; None, and an error, when it cannot be read."""
        try:
            with path.open("rb") as stream:
                data = stream.read(most_bytes + 1)
            if len(data) > most_bytes:
                what = f"names a file larger than {most_bytes // 1024:,} kB"
                self.error(source, what, source.value, "split it")
                return None
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.error(source, "names a file that is not UTF-8 text", source.value, "save it as UTF-8")
        except OSError as error:
            self.error(source, f"cannot be read: {error.strerror}", source.value, "check the path")
        return None

    def structured(self, source: Source, path: Path) -> Source | None:
        """The value of a YAML or JSON file; None, and its errors, when it is neither."""
        text, file = self.text(source, path), self.name(path)
        if text is None:
            return None
        try:
            if path.suffix.lower() == ".json":
                return Source(parse_json(text), (), file)
            return Source(parse_yaml(text, file).value, (), file)
        except ConfigError as error:
            self.report.errors += [replace(problem, file=file) for problem in error.problems]
        except ValueError as error:
            self.report.errors.append(Problem(f"is not JSON: {error}", file=file, remedy="mend the syntax"))
        return None

    def name(self, path: Path) -> str:
        """`path` as seen from the configuration."""
        return path.relative_to(self.root).as_posix()

    def followed(self, source: Source) -> list[Source]:
        """What `source` stands for: the values of the files that it names, or itself."""
        if not is_file(source.value):
            return [source]
        found: list[Source] = []
        for path in self.paths(source):
            if path.suffix.lower() in CODE:
                self.leave(source, str(source.value), "it is code, which an import does not run")
            elif path.suffix.lower() not in (".yaml", ".yml", ".json"):
                self.leave(source, str(source.value), "only YAML and JSON are read here")
            elif (value := self.structured(source, path)) is not None:
                found.append(value)
        return found
