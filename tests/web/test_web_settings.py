"""The settings in a browser: an endpoint added, tried, removed and brought back; tiers and retention saved at once."""

import pytest

pytestmark = pytest.mark.web
PARTS = ("endpoints", "endpoints/new", "endpoints/simulated", "tiers", "retention", "system")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_fits_its_window_and_hides_nothing(new_page, width, theme, part, axe, overflow):
    page = new_page(width, theme)
    page.goto(f"/settings/{part}")
    assert axe(page) == []
    assert overflow(page) == 0


def test_an_endpoint_is_added_tried_removed_and_brought_back(page, shot):
    page.goto("/settings")
    page.get_by_role("link", name="Add endpoint").click()
    page.get_by_label("Name").fill("web lab")
    page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    page.get_by_label("Key", exact=True).fill("sk-web-1234")
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("It cannot be used.").wait_for()
    assert page.get_by_label("Name").input_value() == "web lab"
    shot(page, "settings-endpoint")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert "sk-web" not in page.content()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/settings/endpoints?removed=*")
    assert page.get_by_role("link", name="web lab").count() == 0
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="web lab", level=1).wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").wait_for()


def test_tiers_are_saved_as_soon_as_one_is_changed(page, shot):
    page.goto("/settings/tiers")
    field = page.get_by_label("Frontier")
    field.fill("simulated/sim-medium")
    field.press("Tab")
    page.get_by_text("Saved").wait_for()
    shot(page, "settings-tiers")
    page.reload()
    assert page.get_by_label("Frontier").input_value() == "simulated/sim-medium"
    page.get_by_label("Frontier").fill("")
    page.get_by_label("Frontier").press("Tab")
    page.get_by_text("Saved").wait_for()


def test_a_tier_that_cannot_be_stays_in_its_field_with_the_reason(page, expected):
    expected.append("400")
    page.goto("/settings/tiers")
    page.get_by_label("Local").fill("simulated/sim-huge")
    page.get_by_label("Local").press("Tab")
    page.get_by_text("names a model that 'simulated' does not list").wait_for()
    assert page.get_by_label("Local").input_value() == "simulated/sim-huge"


def test_everything_is_looked_at_on_one_click(page, shot):
    page.goto("/settings/system")
    page.get_by_role("button", name="Check everything now").click()
    page.get_by_role("rowheader", name="tier standard").wait_for()
    shot(page, "settings-system")
