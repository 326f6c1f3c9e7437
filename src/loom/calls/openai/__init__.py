"""OpenAI-compatible endpoints."""

from loom.calls.openai.backend import OpenAIBackend
from loom.calls.openai.credential import Credential

__all__ = ["Credential", "OpenAIBackend"]
