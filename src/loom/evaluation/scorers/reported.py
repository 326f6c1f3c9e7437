"""The score of a result that was measured elsewhere. Judges nothing itself."""

from dataclasses import dataclass
from typing import ClassVar

from loom.core.errors import Problem
from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import ScoreInput, ScoreResult

__all__ = ["Reported"]


@dataclass(frozen=True, slots=True)
class Reported:
    """Stands for whatever scored a result before it came to Loom."""

    name: ClassVar[str] = "reported"
    version: ClassVar[int] = 1
    method: str = ""
    """What it was called there, when that is known."""

    @property
    def params(self) -> Json:
        """The method: scores of two methods are not the same score."""
        return {"method": self.method}

    async def try_out(self) -> list[Problem]:
        """That it cannot judge, for whoever asks for it."""
        what = "scores nothing: it stands for the score that a recorded result came with"
        return [Problem(what, self.name, remedy="name another scorer")]

    def score(self, item: ScoreInput) -> ScoreResult:
        """None: only a score that came with its result is one."""
        del item
        return ScoreResult.unscored("no score came with this output")
