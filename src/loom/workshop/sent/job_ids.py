"""The id of a job in an address: read once, refused when it can be none."""

from typing import Annotated

from fastapi import Depends

from loom.core.errors import InputError, NotFoundError
from loom.core.ids import JobId, parse

__all__ = ["JobPath"]


def _job(job: str) -> JobId:
    try:
        return JobId(parse(job))
    except InputError:
        raise NotFoundError(f"there is no job '{job[:80]}'; `/jobs` lists them") from None


JobPath = Annotated[JobId, Depends(_job)]
