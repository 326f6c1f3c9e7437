"""The servers that contract suites run against."""

from access_door import door

from nats_server import nats_server
from postgres import postgres, postgres_url

__all__ = ["door", "nats_server", "postgres", "postgres_url"]
