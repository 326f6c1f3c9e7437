"""One HTTP session per owner and event loop."""

import asyncio

import pytest

from loom.calls.http import HttpClient, proxy_for


async def test_the_session_is_opened_once_and_again_after_closing():
    client = HttpClient()
    first = client.session()
    assert client.session() is first
    await client.aclose()
    assert first.closed
    assert client.session() is not first
    await client.aclose()
    await client.aclose()


def test_each_event_loop_has_its_own_session():
    client = HttpClient()

    async def use():
        session = client.session()
        await client.aclose()
        return session

    assert asyncio.run(use()) is not asyncio.run(use())


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.example/v1", "http://proxy:3128"),
        ("http://api.example/v1", None),
        ("https://inside.example:8443/v1", None),
        ("https://localhost:8000/v1", None),
    ],
)
def test_the_environments_proxy_is_used_but_not_for_what_it_exempts(monkeypatch, url, proxy):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "inside.example,localhost")
    assert proxy_for(url) == proxy
