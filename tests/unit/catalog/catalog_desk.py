"""A person at a catalog: definitions to put there, and short words for what tests ask."""

from pathlib import Path

from loom.access.models import LOCAL
from loom.catalog.library import Library
from loom.catalog.models import History, Ref
from loom.catalog.service import Catalog
from loom.core.clock import SystemClock
from loom.core.kinds import Kind
from loom.storage.database import Database

TEXT = b"""# Sorts mail.
name: sorter   # the type
system_prompt: |
  Sort the mail.\t
input_schema: {type: object}
output_schema: {type: object}
"""
PIPELINE = b"""name: intake
pipeline_stages:
  - name: sort
    worker_type: sorter
    input_mapping: {text: goal.context.text}
  - name: answer
    worker_type: writer
    input_mapping: {topic: sort.output.topic}
  - name: check
    worker_type: checker
    input_mapping: {answer: answer.output.text}
"""
SORTER = Ref(Kind.WORKER, "sorter")


class Desk:
    """A catalog, its folder, and short words for what tests do with them."""

    def __init__(self, database: Database, configs: Path, apps: Path | None = None) -> None:
        self.configs = configs
        self.file = configs / "workers" / "sorter.yaml"
        self.catalog = Catalog(database, SystemClock(), Library(configs, apps))

    async def history(self, ref: Ref = SORTER) -> History:
        return await self.catalog.history(ref, LOCAL)

    async def changes(self, ref: Ref = SORTER) -> list[str]:
        """How the versions came about, oldest first."""
        return [version.change.value for version in (await self.history(ref)).versions]
