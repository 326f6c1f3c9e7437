"""What travels between the actors of the mesh: a task and its result. Unknown keys are passed over."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, Field

from loom.core.worker_config import Tier as ModelTier

__all__ = ["ModelTier", "TaskMessage", "TaskPriority", "TaskResult", "TaskStatus"]


class TaskPriority(StrEnum):
    """Which of two waiting tasks goes first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class TaskStatus(StrEnum):
    """How a task stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRY = "retry"


def _now() -> datetime:
    return datetime.now(UTC)


def _identifier() -> str:
    return str(uuid4())


class TaskMessage(BaseModel):
    """One task for one worker."""

    task_id: str = Field(default_factory=_identifier)
    parent_task_id: str | None = None
    """The goal it belongs to: its result goes to `loom.results.{parent_task_id}`."""

    worker_type: str
    payload: dict[str, Any]
    model_tier: ModelTier = ModelTier.STANDARD
    priority: TaskPriority = TaskPriority.NORMAL
    max_retries: int = 2
    retry_count: int = 0
    created_at: datetime = Field(default_factory=_now)
    request_id: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class TaskResult(BaseModel):
    """What became of a task."""

    task_id: str
    parent_task_id: str | None = None
    worker_type: str
    status: TaskStatus
    output: dict[str, Any] | None = None
    error: str | None = None
    model_used: str | None = None
    token_usage: dict[str, int] = Field(default_factory=dict)
    processing_time_ms: int = 0
    completed_at: datetime = Field(default_factory=_now)
