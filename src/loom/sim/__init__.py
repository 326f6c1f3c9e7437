"""`loom sim`: the simulated family over HTTP, with faults to inject and a bill to check against."""

from loom.sim.options import SimOptions
from loom.sim.server import RunningServer, create_app, run, serving

__all__ = ["RunningServer", "SimOptions", "create_app", "run", "serving"]
