"""REST: settings that hold for everyone, and what this Loom has done."""

import platform
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from loom import __version__
from loom.calls.book.tiers import read_target
from loom.core.bounds import DAYS
from loom.core.endpoint_config import TierTarget
from loom.core.jsonvalue import Json
from loom.core.money import NANO
from loom.core.system_settings import check_system_settings
from loom.core.worker_config import Tier
from loom.storage.migrate import HEAD
from loom.wiring.app import App
from loom.workshop.deps import Asker, Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/admin", tags=["admin"])
_MODEL = "default_model"


class SettingsIn(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    allow_guest_access: bool = False
    retention_test_days: int | None = Field(
        None, ge=DAYS.least, le=DAYS.most, description="Null: tests are kept for ever."
    )
    retention_run_days: int | None = Field(
        None, ge=DAYS.least, le=DAYS.most, description="Null: runs are kept for ever."
    )
    retention_audit_days: int | None = Field(
        None, ge=DAYS.least, le=DAYS.most, description="Null: what was done is kept for ever."
    )
    default_model: str | None = Field(None, description="`endpoint/model`, for tiers that lead nowhere.")


@router.get("/settings")
async def settings(services: Services) -> Json:
    """What holds."""
    return await _settings(services)


@router.put("/settings")
async def change(services: Services, asker: Asker, body: SettingsIn) -> Json:
    """Change what the body names."""
    said: dict[str, Any] = body.model_dump(exclude_unset=True)
    otherwise: dict[Tier | None, TierTarget | None] = {}
    if _MODEL in said:
        otherwise[None] = read_target(_MODEL, said.pop(_MODEL))
    check_system_settings(said)
    if otherwise:
        await services.tiers.lead(otherwise, asker)
    if said:
        await services.system_settings.change(said, asker)
    return await _settings(services)


@router.get("/stats")
async def stats(services: Services) -> Json:
    """Counts of all that is kept, and what keeps it."""
    found = await services.stats.read()
    return {
        "total_runs": found.runs,
        "total_tests": found.tests,
        "total_executions": found.executions,
        "total_calls": found.calls,
        "total_attempts": found.attempts,
        "cache_hit_rate": found.cache_hit_rate,
        "calls_from_cache": found.calls_from_cache,
        "cached_answers": found.cached_answers,
        "spent_usd": found.spent_nano / NANO,
        "jobs": {str(state): count for state, count in found.jobs.items()},
        "queue": found.queue,
        "database_bytes": found.database_bytes,
        "versions": {
            "loom": __version__,
            "python": platform.python_version(),
            "database": found.database_version,
            "schema": HEAD,
        },
    }


async def _settings(services: App) -> Json:
    held = await services.system_settings.read()
    otherwise = (await services.tiers.all())[-1].target
    return {
        "allow_guest_access": held.allow_guest_access,
        "retention_test_days": held.retention_test_days,
        "retention_run_days": held.retention_run_days,
        "retention_audit_days": held.retention_audit_days,
        _MODEL: f"{otherwise.endpoint}/{otherwise.model}" if otherwise else None,
    }
