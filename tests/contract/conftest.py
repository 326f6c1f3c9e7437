"""The servers that contract suites run against."""

from access_door import door

from postgres import postgres, postgres_url

__all__ = ["door", "postgres", "postgres_url"]
