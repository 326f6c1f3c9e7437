"""A file that was sent, as a file of this machine for as long as it is looked at. Knows nothing of its content."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from loom.core.errors import Problem, UsageError

__all__ = ["uploaded"]

_PIECE = 1024 * 1024


@asynccontextmanager
async def uploaded(request: Request, name: str) -> AsyncGenerator[Path]:
    """Where the file of the form field `name` is until the block ends; its own name is not used.

    Raises:
        UsageError: when no file was sent.
    """
    async with request.form(max_files=1, max_fields=20) as form:
        sent = form.get(name)
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise UsageError(Problem("is missing", name, remedy="choose a file"))
        with TemporaryDirectory(prefix="loom-upload-") as folder:
            place = Path(folder) / "file"
            with await run_in_threadpool(place.open, "wb") as file:
                while piece := await sent.read(_PIECE):
                    await run_in_threadpool(file.write, piece)
            yield place
