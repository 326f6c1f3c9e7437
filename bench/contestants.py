"""The programs that are compared, each a fresh process per run: Loom as its users run it, and a bare aiohttp loop.

Every run checks its own result, so that no figure is that of a program that did not do the work.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import Measured, bare_environment, measured
from bench.material import WORKER, Material, passing, write_material
from bench.simulator import LOOM, MODEL, Simulator

__all__ = ["IN_FLIGHT", "LoomRuns", "bare", "checked"]

IN_FLIGHT = 64
_UNUSED = 1_000_000
_BARE = Path(__file__).parent / "peers" / "bare_aiohttp.py"


def bare(material: Material, sim: Simulator) -> Measured:
    """As many calls as cases, and nothing else."""
    command = [sys.executable, str(_BARE), str(material.prompts), sim.api, MODEL]
    took = measured(command, bare_environment(material.prompts.parent))
    return checked(took, holds=json.loads(took.output)["answered"] == material.size)


@dataclass(frozen=True, slots=True)
class LoomRuns:
    """`loom eval` with everything on. `folder` keeps a database that has its schema and no rows that matter."""

    folder: Path
    sim: Simulator

    def prepare(self) -> None:
        """Makes the schema, by evaluating one case, so that no figure counts it."""
        material = write_material(self.folder, 1, first=_UNUSED)
        self.again(material, self._template)

    @contextmanager
    def data_dir(self) -> Generator[Path]:
        """A prepared DATA_DIR that nothing was evaluated in."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            shutil.copytree(self._template, folder, dirs_exist_ok=True)
            yield Path(folder)

    def fresh(self, material: Material) -> Measured:
        """Every case costs a call."""
        with self.data_dir() as data_dir:
            return self.again(material, data_dir)

    def arguments(self, material: Material) -> list[str]:
        """What follows `loom` on the command line."""
        evaluate = ["eval", str(WORKER), "--suite", str(material.suite)]
        return [*evaluate, "--endpoint", "openai", "--model", MODEL, "--concurrency", str(IN_FLIGHT)]

    def environment(self, data_dir: Path) -> dict[str, str]:
        """All that tells it where to ask and where to store."""
        where = {"DATA_DIR": str(data_dir), "OPENAI_BASE_URL": self.sim.api, "OPENAI_API_KEY": "none"}
        return bare_environment(self.folder, **where)

    def again(self, material: Material, data_dir: Path) -> Measured:
        """In a DATA_DIR of the caller's, which may know the answers."""
        environment = self.environment(data_dir)
        took = measured([LOOM, *self.arguments(material)], environment, self.folder)
        report = json.loads(
            measured([LOOM, "runs", "show", "last", "--json"], environment, self.folder).output
        )
        passed = sum(case["outcome"] == "passed" for case in report["cases"])
        whole = report["state"] == "completed" and report["done"] == material.size
        return checked(took, holds=whole and passed == passing(material.size))

    @property
    def _template(self) -> Path:
        return self.folder / "template"


def checked(took: Measured, *, holds: bool) -> Measured:
    """`took`, when the work was done.

    Raises:
        RuntimeError: when it was not.
    """
    if not holds:
        raise RuntimeError(f"the result is not what it must be: {took.output[-1000:]}")
    return took
