"""What every benchmark is given: a scratch folder, how much to do, and suites of any size."""

import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.child import Measured
from bench.material import Material, write_material

__all__ = ["LARGE", "SMALL", "Pair", "Setting", "per_case_ms", "scratch"]

SMALL, LARGE = 200, 2000


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how thoroughly to measure."""

    folder: Path
    quick: bool
    kept: Path | None = None
    """Where what is expensive to make is kept for the next time; in `folder` when None."""

    def rounds(self, thorough: int) -> int:
        """How often to measure."""
        return 1 if self.quick else thorough

    def material(self, size: int) -> Material:
        """A suite of that many cases."""
        return write_material(self.folder, size)


@dataclass(frozen=True, slots=True)
class Pair:
    """One program on a small and on a large suite, one after the other."""

    small: Measured
    large: Measured


def per_case_ms(pairs: Iterable[Pair]) -> float:
    """CPU per case without what is paid once: the slope between the median small and the median large run."""
    small, large = zip(*((pair.small.cpu_s, pair.large.cpu_s) for pair in pairs), strict=True)
    return 1000 * (median(large) - median(small)) / (LARGE - SMALL)


@contextmanager
def scratch(*, quick: bool, kept: Path | None = None) -> Generator[Setting]:
    """A setting whose folder is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as folder:
        yield Setting(Path(folder), quick, kept)
