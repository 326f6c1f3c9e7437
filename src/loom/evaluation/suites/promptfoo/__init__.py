"""Reads promptfoo configurations: prompts become workers, tests a suite. Runs nothing, fetches nothing."""

from loom.evaluation.suites.promptfoo.importing import import_promptfoo, is_promptfoo
from loom.evaluation.suites.promptfoo.models import Imported, ImportedWorker, LeftOut

__all__ = ["Imported", "ImportedWorker", "LeftOut", "import_promptfoo", "is_promptfoo"]
