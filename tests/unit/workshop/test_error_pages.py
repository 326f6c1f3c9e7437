"""The page of an error: plain words, one heading, and a way back to the list."""

import pytest


@pytest.mark.parametrize(
    ("address", "status", "title", "back"),
    [
        ("/workers/nonesuch", 404, "Not found", "/workers"),
        ("/leaderboard", 422, "It was not understood", "/runs"),
    ],
)
async def test_an_error_says_what_happened_and_leads_back(
    visitor, address: str, status: int, title: str, back: str
) -> None:
    page = (await visitor.get(address, status, headers={"Accept": "text/html"})).text
    assert f"<title>{title}" in page
    assert page.count("<h1") == 1
    assert "data-error-page" in page
    assert f'class="button button-plain" href="{back}"' in page


async def test_a_part_of_a_page_gets_the_error_without_the_rest(visitor) -> None:
    asked = {"Accept": "text/html", "HX-Request": "true"}
    part = (await visitor.get("/workers/nonesuch", 404, headers=asked)).text
    assert "Not found" in part
    assert "<h1" not in part
