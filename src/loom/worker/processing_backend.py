"""What a processing backend promises: code of the user's, given a payload. Knows neither workers nor models."""

import asyncio
import inspect
import sys
from abc import ABC, abstractmethod
from hashlib import sha256
from pathlib import Path

from loom.core.jsonvalue import Json
from loom.worker.foreign import in_thread

__all__ = ["BackendError", "ProcessingBackend", "SyncProcessingBackend"]


class BackendError(Exception):
    """A processing backend failed. Backends raise subclasses, with the cause attached."""


class ProcessingBackend(ABC):
    """Translates between payloads and a library or tool that is no model. Used by several executions at once."""

    @abstractmethod
    async def process(self, payload: Json, config: Json) -> Json:
        """Do the work.

        `payload` fits the input schema, `config` is the worker's whole definition; both are copies. Returns
        `output` (fits the output schema) and `model_used` (what did it, or None).
        """

    def fingerprint(self) -> str | None:
        """Names the code behind the results: an evaluation is not begun with one version and ended with another.

        Here: the hash of the file that defines the class. A backend whose results depend on more should say more;
        None means that nothing can be said.
        """
        module = sys.modules.get(type(self).__module__)
        source = inspect.getsourcefile(module) if module else None
        try:
            return sha256(Path(source).read_bytes()).hexdigest() if source else None
        except OSError:
            return None


class SyncProcessingBackend(ProcessingBackend):
    """A backend whose work blocks: it is done in a thread.

    With `serialize_writes` one call runs at a time, for stores with a single writer. A subclass need not call
    this constructor.
    """

    serialize_writes = False

    def __init__(self, *, serialize_writes: bool = False) -> None:
        self.serialize_writes = serialize_writes

    @abstractmethod
    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `process`. Its thread outlives a time-out, so it should bound its own waiting."""

    async def process(self, payload: Json, config: Json) -> Json:
        if not self.serialize_writes:
            return await in_thread(self.process_sync, payload, config)
        lock: asyncio.Lock = vars(self).setdefault("_writing", asyncio.Lock())
        await lock.acquire()  # who stops waiting here writes nothing
        # Who stops waiting from here on does not stop the thread, so a task holds the lock until it ends.
        return await asyncio.shield(asyncio.ensure_future(self._locked(lock, payload, config)))

    async def _locked(self, lock: asyncio.Lock, payload: Json, config: Json) -> Json:
        try:
            return await in_thread(self.process_sync, payload, config)
        finally:
            lock.release()
