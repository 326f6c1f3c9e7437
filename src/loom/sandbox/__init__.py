"""Other people's Python, run where it can do no harm; does not know what for."""

from loom.sandbox.engines import open_sandbox
from loom.sandbox.models import Engine, Failure, FailureKind, Limits, Outcome, Program, Sandbox, Value

__all__ = [
    "Engine",
    "Failure",
    "FailureKind",
    "Limits",
    "Outcome",
    "Program",
    "Sandbox",
    "Value",
    "open_sandbox",
]
