"""Keeps chunks and their vectors, and finds what is near."""

from loom.contrib.rag.vectorstore.base import VectorStore

__all__ = ["VectorStore"]
