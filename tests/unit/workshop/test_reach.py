"""What a page offers to someone who may not do everything: nothing that the policy would refuse, and why."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest

from loom.workshop.guard.policy import POLICY, asked_of

WORKER = "name: sorter\nsystem_prompt: Sort.\ninput_schema: {type: object}\noutput_schema: {type: object}\n"
HERE = "/workers/sorter"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def reader(visitor) -> Callable[..., Awaitable[httpx.Response]]:
    """Someone who has a key with the role `read`."""
    visitor.write("workers/sorter.yaml", WORKER)
    made = await visitor.json("POST", "/api/v1/keys", {"name": "a dashboard", "role": "read"}, 201)

    async def ask(method: str, path: str, **headers: str) -> httpx.Response:
        headers["Authorization"] = f"Bearer {made['key']}"
        return await visitor.client.request(method, path, headers=headers)

    return ask


def buttons(html: str, label: str) -> list[str]:
    """The tags of the buttons and links called so."""
    return re.findall(rf"<(?:button|a)\b[^>]*>(?=(?:<svg[^>]*><use[^>]*/></svg>)?(?:<span>)?{label}\b)", html)


async def test_the_button_of_a_form_says_which_role_it_asks_for(visitor, reader) -> None:
    (save,) = buttons((await reader("GET", HERE)).text, "Save")
    assert "Asks for the role &#x27;run&#x27;" in save
    assert " disabled" in save
    assert 'type="submit"' in save  # so that Enter in a field sends nothing either
    assert "asks for the role <b>run</b>" in (await reader("GET", HERE)).text
    assert "asks for the role" not in (await visitor.get(HERE)).text


async def test_a_link_to_what_they_may_not_open_is_disabled_too(reader) -> None:
    (new,) = buttons((await reader("GET", "/workers")).text, "New worker")
    assert " disabled" in new
    assert "href" not in new


async def test_a_menu_leaves_out_what_they_may_not_do(visitor, reader) -> None:
    for label, offered in (("Clone", 0), ("Delete", 0), ("History", 1)):
        assert len(buttons((await visitor.get(HERE)).text, label)) == 1, label
        assert len(buttons((await reader("GET", HERE)).text, label)) == offered, label


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_address_asks_for_what_its_own_line_of_the_policy_says(method: str) -> None:
    for (asked, path), role in POLICY.items():
        if asked == method:
            assert asked_of(method, path.replace("{", "").replace("}", "")) == role, path


async def test_a_script_that_is_refused_tells_it_beside_the_page(reader) -> None:
    answer = await reader("POST", f"{HERE}/test/run", **{"HX-Request": "true", "Content-Type": FORM})
    assert answer.status_code == 403
    assert answer.headers["HX-Reswap"] == "none"
    assert "a dashboard may read; this asks for run" in answer.headers["HX-Trigger"]
