"""A target with what does its work: a model over a route, or code. What a run is made of."""

from dataclasses import dataclass
from typing import TypeAlias

from loom.calls.path import Route
from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json
from loom.worker.processor_task import ProcessorTask
from loom.worker.target import Target
from loom.worker.task import WorkerTask

__all__ = ["NO_ENDPOINT", "Asked", "Assignment", "Computed", "assignment"]

NO_ENDPOINT = ""
"""The endpoint of a run that asks no model; its `model` is the path of the backend's class."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A model does the work."""

    task: WorkerTask
    route: Route

    @property
    def model(self) -> str:
        """The model's name."""
        return self.route.model

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.route.keys.endpoint

    @property
    def origin(self) -> str:
        """Where that endpoint is."""
        return self.route.backend.origin

    @property
    def simulated(self) -> bool:
        """Whether the embedded family answers."""
        return self.route.simulated

    @property
    def config(self) -> Json:
        """All that determines requests; its hash names the configuration of a run."""
        return {
            "snapshot": self.task.snapshot(),
            "model": self.route.model,
            "origin": self.origin,
        }


@dataclass(frozen=True, slots=True)
class Computed:
    """Code does the work: nothing is asked, nothing is paid."""

    task: ProcessorTask
    endpoint: str = NO_ENDPOINT
    origin: str | None = None
    simulated: bool = False

    @property
    def model(self) -> str:
        """The class of the backend."""
        return self.task.backend_path

    @property
    def config(self) -> Json:
        """All that is known to determine outputs; its hash names the configuration of a run."""
        return {"snapshot": self.task.snapshot()}


Assignment: TypeAlias = Asked | Computed


def assignment(task: Target, route: Route | None) -> Assignment:
    """`task` with what does its work; a processor has no route.

    Raises:
        UsageError: when a worker that asks a model has none.
    """
    if isinstance(task, ProcessorTask):
        return Computed(task)
    if route is None:
        raise UsageError(
            Problem("asks a model, and there is no route to one", "worker", remedy="name an endpoint")
        )
    return Asked(task, route)
