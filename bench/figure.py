"""One figure: what was measured beside what, and whether the bound holds."""

from dataclasses import dataclass

__all__ = ["Figure", "table_head"]

_WIDTHS = "{:<40} {:>9} {:>31} {:>7} {:>8}  {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measurement, and its ratio to a peer or limit of the same run."""

    name: str
    """The benchmark it belongs to."""

    what: str
    measured: str
    beside: str
    ratio: float | None = None
    """Measured over peer or limit; None when it could not be measured."""

    bound: float | None = None
    """What the ratio may be at most; None when the figure is for information."""

    stretch: float | None = None
    """What we would like it to be."""

    note: str = ""

    @property
    def verdict(self) -> str:
        """`skipped`, `info`, `stretch`, `holds` or `BROKEN`."""
        if self.ratio is None:
            return "skipped"
        if self.bound is None:
            return "info"
        if self.stretch is not None and self.ratio <= self.stretch:
            return "stretch"
        return "holds" if self.ratio <= self.bound else "BROKEN"

    def line(self) -> str:
        """A row of the table."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        bound = "-" if self.bound is None else f"<= {self.bound:.2f}"
        note = f"  {self.note}" if self.note else ""
        return _WIDTHS.format(self.what, self.measured, self.beside, ratio, bound, self.verdict + note)


def table_head() -> str:
    """The names of the columns."""
    return _WIDTHS.format("what", "measured", "beside", "ratio", "bound", "verdict")
