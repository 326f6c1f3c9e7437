"""Carrying out executions of processors in this process. No model is asked, so there is nothing to pay or to replay."""

from collections.abc import Sequence
from functools import partial

from loom.core.clock import Clock
from loom.core.errors import ContractError, TaskTimeoutError
from loom.core.jsonvalue import Json
from loom.engine.executor import Begin, Ready, Task
from loom.engine.models import ExecutionState, Outcome
from loom.worker.loop import StopReason
from loom.worker.processor_task import Processed, ProcessorError, ProcessorTask

__all__ = ["ProcessingExecutor"]


class ProcessingExecutor:
    """Executes tasks of one processor. One that was cut off is done again from its beginning."""

    def __init__(self, processor: ProcessorTask, clock: Clock) -> None:
        self._processor = processor
        self._clock = clock
        self.last: Processed | None = None
        """What was returned last, for those who look at a single one."""

    async def prepare(self, tasks: Sequence[Task]) -> list[Ready]:
        """As `Executor.prepare`."""
        return [partial(self._run, task.item.payload) for task in tasks]

    async def _run(self, payload: Json, begin: Begin) -> Outcome:
        del begin
        started = self._clock.monotonic()
        try:
            done = await self._processor.process(payload)
        except TaskTimeoutError as error:
            return self._failed(StopReason.TIMEOUT, error, started)
        except (ContractError, ProcessorError) as error:
            return self._failed(StopReason.ERRORED, error, started)
        self.last = done
        result = self._processor.close(done)
        return Outcome(
            ExecutionState.COMPLETED,
            StopReason.COMPLETED,
            result.output,
            result.raw_text,
            result.problems,
            latency_us=self._since(started),
        )

    def _failed(self, stop: StopReason, error: Exception, started: float) -> Outcome:
        return Outcome(ExecutionState.ERRORED, stop, error=str(error), latency_us=self._since(started))

    def _since(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1e6)
