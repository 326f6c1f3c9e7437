"""Brings posts in."""

from loom.contrib.rag.ingestion.base import Ingestor
from loom.contrib.rag.ingestion.telegram_ingestor import TelegramIngestor

__all__ = ["Ingestor", "TelegramIngestor"]
