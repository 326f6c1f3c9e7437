"""The servers that contract suites run against."""

from postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]
