"""Ollama's own API."""

from loom.calls.ollama.backend import OllamaBackend

__all__ = ["OllamaBackend"]
