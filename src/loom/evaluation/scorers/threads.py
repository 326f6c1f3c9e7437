"""Runs scorers of other packages beside the event loop, so that one that hangs costs a thread and not the run."""

import asyncio
import threading
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import AnyScorer, AsyncScorer, ScoreContext, ScoreInput, Scorer, ScoreResult

if TYPE_CHECKING:
    from loom.evaluation.scorers.calling import RouteWish

__all__ = ["InThread", "in_thread"]

_MOST_HANGING = 4


def in_thread(scorer: AnyScorer) -> AsyncScorer:
    """`scorer` as one that waits; one that does already, as it is."""
    if iscoroutinefunction(scorer.score):
        return cast("AsyncScorer", scorer)
    return cast("AsyncScorer", InThread(cast("Scorer", scorer)))


class InThread:
    """A plain scorer as an `AsyncScorer`. Once several of its threads hang it is not called any more."""

    def __init__(self, scorer: Scorer) -> None:
        self.name: Any = scorer.name
        self.version: Any = scorer.version
        self.routes: tuple[RouteWish, ...] = ()
        self._scorer = scorer
        self._hanging = 0

    @property
    def params(self) -> Json:
        """Those of the scorer."""
        return self._scorer.params

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:
        """What the scorer says.

        Raises:
            TimeoutError: at once, when it has been hanging too often.
        """
        del context  # a plain scorer has no use for it
        if self._hanging >= _MOST_HANGING:
            raise TimeoutError(f"it hung {_MOST_HANGING} times and is not asked any more")
        loop = asyncio.get_running_loop()
        said: asyncio.Future[ScoreResult] = loop.create_future()
        self._hanging += 1  # until it is back

        def work() -> None:
            try:
                result, error = self._scorer.score(item), None
            except Exception as caught:  # noqa: BLE001 - raised again where it is waited for
                result, error = None, caught
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._come_back, said, result, error)

        threading.Thread(target=work, name=f"scorer-{self.name}", daemon=True).start()
        return await said

    def _come_back(
        self, said: "asyncio.Future[ScoreResult]", result: ScoreResult | None, error: Exception | None
    ) -> None:
        self._hanging -= 1
        if said.done():
            return
        if error is not None:
            said.set_exception(error)
        else:
            said.set_result(cast("ScoreResult", result))
