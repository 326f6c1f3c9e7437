"""Anthropic's Messages API."""

from loom.calls.anthropic.backend import AnthropicBackend

__all__ = ["AnthropicBackend"]
