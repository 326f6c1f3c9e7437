"""From the name of an engine to a sandbox; loads only the engine that is asked for."""

from loom.sandbox.models import Engine, Limits, Program, Sandbox

__all__ = ["open_sandbox"]


def open_sandbox(engine: Engine, program: Program, limits: Limits | None = None) -> Sandbox:
    """A sandbox for `program`. Nothing starts before its first `run`."""
    allowed = limits or Limits()
    if engine is Engine.MONTY:
        from loom.sandbox.monty import MontySandbox

        return MontySandbox(program, allowed)
    from loom.sandbox.python import PythonSandbox

    return PythonSandbox(program, allowed)
