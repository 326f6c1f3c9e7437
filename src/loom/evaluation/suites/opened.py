"""A suite as its file was read, right or wrong."""

from dataclasses import dataclass

from loom.core.findings import Report, Steps
from loom.evaluation.models import Suite

__all__ = ["Opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A suite, and where in its file it is wrong. The suite is good only if `report` has no error."""

    suite: Suite
    report: Report
    cases_at: Steps = ()
    """The way to the list of cases, for further findings on them."""
