"""What every benchmark is given: a scratch folder, how much to do, and suites of any size."""

import tempfile
from collections.abc import Generator
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

    @property
    def slope_s(self) -> float:
        """CPU seconds per case, without what is paid once."""
        return (self.large.cpu_s - self.small.cpu_s) / (LARGE - SMALL)


def per_case_ms(pairs: list[Pair]) -> float:
    """The median slope, for showing; bounds use the median of the rounds' ratios."""
    return 1000 * median(pair.slope_s for pair in pairs)


@contextmanager
def scratch(*, quick: bool) -> Generator[Setting]:
    """A setting whose folder is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as folder:
        yield Setting(Path(folder), quick)
