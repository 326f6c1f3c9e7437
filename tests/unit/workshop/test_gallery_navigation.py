"""The bar at the top: the section and tab of a page, and no word that leads where someone may not go."""

import pytest

from loom.access.models import GUEST, LOCAL, Principal, Role
from loom.workshop.guard.policy import POLICY
from loom.workshop.pages.navigation import SECTIONS, Shell, shell


def _shell(path: str, asker: Principal | None = LOCAL) -> Shell:
    return shell(path, nonce="n", simulated=False, asker=asker)


@pytest.mark.parametrize(
    ("path", "section", "tab"),
    [
        ("/workers", "Build", "Workers"),
        ("/workers/classifier/history", "Build", "Workers"),
        ("/runs/0193", "Evaluate", "Runs"),
        ("/compare", "Evaluate", "Runs"),
        ("/settings/keys", "Settings", "Settings"),
    ],
)
def test_a_page_is_in_its_section_and_tab(path: str, section: str, tab: str) -> None:
    found = _shell(path)
    assert (found.section.label, found.tab.label) == (section, tab)


def test_a_page_of_its_own_is_in_no_section() -> None:
    assert _shell("/").section is None
    assert _shell("/workersx").tab is None


def test_every_tab_leads_to_a_route() -> None:
    assert [tab.href for section in SECTIONS for tab in section.tabs if ("GET", tab.href) not in POLICY] == []


def test_nobody_sees_a_word_that_leads_to_a_refusal() -> None:
    shown = {tab.href for section in _shell("/", GUEST).sections for tab in section.tabs}
    assert "/runs" in shown
    assert all(Role.READ.covers(POLICY["GET", href] or Role.READ) for href in shown)
    assert _shell("/", None).sections == ()
