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


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/workers/nonesuch", 'href="/workers"'),
        ("/workers/nonesuch/test", 'href="/workers"'),
        ("/runs/ffffffff", 'href="/runs"'),
        ("/evaluate?suite=nonesuch", 'href="/suites"'),
        ("/workers/classifier/history?a=v9&b=v1", 'href="/workers/classifier/history"'),
        ("/api/v1/workers/nonesuch", None),
    ],
)
async def test_what_is_not_there_is_looked_for_on_a_page_and_not_at_a_terminal(
    visitor, address: str, link: str | None
) -> None:
    said = (await visitor.get(address, 404)).text
    told = said.partition('class="failure"')[2].partition("</main>")[0] if link else said
    assert "loom " not in told
    assert (link or "there is no") in told
