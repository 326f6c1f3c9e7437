"""Writes a report into a file: whole or not at all."""

import os
import tempfile
from contextlib import suppress
from errno import EISDIR
from pathlib import Path

from loom.core.errors import Problem, UsageError
from loom.evaluation.reports.data import as_csv, as_json
from loom.evaluation.reports.document import ReportDocument, ReportFormat, Writer
from loom.evaluation.reports.junit import as_junit
from loom.evaluation.reports.markdown import as_markdown
from loom.evaluation.reports.page import as_html

__all__ = ["WRITERS", "require_writable", "write_report"]

WRITERS: dict[ReportFormat, Writer] = {
    ReportFormat.JUNIT: as_junit,
    ReportFormat.JSON: as_json,
    ReportFormat.MARKDOWN: as_markdown,
    ReportFormat.HTML: as_html,
    ReportFormat.CSV: as_csv,
}


def require_writable(path: Path) -> None:
    """Find out whether a report can be written to `path`; its folder is there afterwards.

    Raises:
        UsageError: when it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from None
    if path.is_dir():
        raise _unwritable(path, IsADirectoryError(EISDIR, os.strerror(EISDIR)))


def write_report(document: ReportDocument, spelling: ReportFormat, path: Path) -> None:
    """Write `document` to `path`, in place of what is there.

    Raises:
        UsageError: when the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            file.writelines(WRITERS[spelling](document))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _unwritable(path: Path, error: OSError) -> UsageError:
    remedy = "choose another file"
    return UsageError(
        Problem(f"cannot be written: {error.strerror}", "--report", value=str(path), remedy=remedy)
    )
