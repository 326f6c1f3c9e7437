"""What the fault tests share."""

import pytest

from postgres import Cluster, postgres, postgres_url

__all__ = ["Cluster", "postgres", "postgres_url"]

BOUND_S = 1_800
"""A hundred kills of one evaluation take minutes; what hangs is told all the same."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.timeout(BOUND_S))
