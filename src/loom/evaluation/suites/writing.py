"""Writes a suite in any format, so that reading it gives the same cases, and saves files whole or not at all."""

import json
import os
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError, Problem, TakenError, UsageError
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.evaluation.models import Split, Suite
from loom.evaluation.suites.files import FORMATS, parse_suite
from loom.evaluation.suites.json_files import MAX_BYTES as MAX_JSON_BYTES

__all__ = ["locked_folder", "replace_file", "suite_bytes", "unwritable", "write_new_file"]

_HALF = re.compile(r"[\ud800-\udfff]")


def suite_bytes(suite: Suite, ending: str) -> bytes:
    """The suite as a file with this ending holds it.

    Raises:
        ConfigError: naming every case that the format cannot hold.
        UsageError: for an ending that is no format; for Parquet without pyarrow.
    """
    if ending not in FORMATS:
        remedy = f"use one of {', '.join(FORMATS)}"
        raise UsageError(Problem("is not a format of suites", value=ending, remedy=remedy))
    _refuse_unwritable(suite)
    if ending == ".parquet":
        from loom.evaluation.suites.parquet import parquet_bytes

        return parquet_bytes(suite)
    data = _text(suite, ending).encode()
    if ending == ".json" and len(data) > MAX_JSON_BYTES:
        what = f"becomes larger than {MAX_JSON_BYTES >> 20} MB, the most for JSON"
        raise ConfigError(Problem(what, suite.name, remedy="write .jsonl instead"))
    return data


def _text(suite: Suite, ending: str) -> str:
    if ending == ".json":
        return json.dumps(_spelled(suite), ensure_ascii=False, indent=2) + "\n"
    if ending == ".jsonl":
        return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in _lines(suite))
    if ending == ".csv":
        from loom.evaluation.suites.csv_writing import csv_text

        return csv_text(suite.cases)
    return _yaml(suite, ending)


def _spelled(suite: Suite) -> Json:
    """The suite with the split of every case, if one has another than the default: later additions stay apart."""
    value = suite.to_json()
    if any(case.split is not Split.TRAIN for case in suite.cases):
        for case in value["cases"]:
            case.setdefault("split", Split.TRAIN.value)
    return value


def _lines(suite: Suite) -> Iterator[Json]:
    spelled = _spelled(suite)
    cases: list[Json] = spelled.pop("cases")
    if suite.description or suite.scorers:
        yield spelled
    yield from cases


def _yaml(suite: Suite, ending: str) -> str:
    from loom.evaluation.suites.yaml_files import least_bytes, yaml_text

    spelled = _spelled(suite)
    text = "" if least_bytes(spelled) > MAX_CONFIG_BYTES else yaml_text(spelled)
    if not text or len(text.encode()) > MAX_CONFIG_BYTES:
        what = f"becomes larger than {MAX_CONFIG_BYTES // 1024} kB, the most for YAML"
        raise ConfigError(Problem(what, suite.name, remedy="write .jsonl instead"))
    parse_suite(text, f"{suite.name}{ending}")  # what nests too deep for YAML is found here
    return text


def unwritable(suite: Suite, ending: str) -> tuple[str, ...]:
    """What of the suite itself a file with this ending cannot hold: the keys beside `cases`."""
    if ending != ".csv":
        return ()
    return tuple(key for key in ("description", "scorers") if key in suite.to_json())


def _refuse_unwritable(suite: Suite) -> None:
    problems = [
        Problem(what, case.name, remedy="mend the case")
        for case in suite.cases
        if (what := _fault(case.to_json())) is not None
    ]
    if problems:
        raise ConfigError(problems)


def _fault(value: JsonValue) -> str | None:
    try:
        half = _HALF.search(canonical(value).decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, RecursionError) as error:
        return f"is not JSON: {error}"
    return f"holds half a character, {half[0]!a}" if half else None


def write_new_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that must not be there yet, unless `replace` says so; its folder is made.

    Raises:
        TakenError: when there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked_folder(path.parent):
        if path.exists() and not replace:
            raise TakenError(f"'{path}' is there already; name another file, or give --force")
        replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file: whoever reads meanwhile sees the old or the new, whole."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), mode)
            Path(stream.name).replace(target)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def locked_folder(folder: Path) -> Generator[None]:
    """Let no other Loom change files in `folder` meanwhile: what is read here may be edited and written back."""
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
