"""What the fault tests share."""

from postgres import Cluster, postgres, postgres_url

__all__ = ["Cluster", "postgres", "postgres_url"]
