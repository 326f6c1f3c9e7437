"""OpenAI-compatible endpoints."""

from loom.calls.openai.backend import OpenAIBackend

__all__ = ["OpenAIBackend"]
