"""Every action that a page offers is done by some browser test: it says so with `does`, and is held to it."""

from pathlib import Path

import pytest

from loom.workshop.guard.policy import POLICY

pytestmark = pytest.mark.web

NO_BUTTON = {"/workers/{name}/eval/remove-baseline", "/rag/search/run"}
"""Addresses of Loom 0.9's forms, which the pages here reach otherwise; `tests/contract` and `tests/unit` send them."""


def test_every_action_of_the_pages_is_done_in_a_browser(promises: dict[Path, set[str]]) -> None:
    here = set(Path(__file__).parent.glob("test_web_*.py"))
    if here - promises.keys():
        pytest.skip("needs all the browser tests")
    offered = {path for method, path in POLICY if method == "POST" and not path.startswith("/api/")}
    promised = set[str]().union(*promises.values())
    assert offered - NO_BUTTON - promised == set()
    assert promised - offered == set()
