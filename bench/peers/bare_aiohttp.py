"""The least that asking a model costs: POST with aiohttp, 64 in flight, and decode the answer.

Usage: bare_aiohttp.py PROMPTS URL MODEL
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

_IN_FLIGHT = 64


async def _ask(session: aiohttp.ClientSession, url: str, bodies: Iterator[dict[str, Any]]) -> int:
    answered = 0
    for body in bodies:
        async with session.post(url, json=body, headers={"Authorization": "Bearer none"}) as response:
            answer = json.loads(await response.read())
        answered += bool(answer["choices"][0]["message"]["content"])
    return answered


async def _main(asked: dict[str, Any], url: str, model: str) -> None:
    system = {"role": "system", "content": asked["system"]}
    bodies = (
        {
            "model": model,
            "messages": [system, {"role": "user", "content": case["user"]}],
            "temperature": 0,
            "max_tokens": 200,
        }
        for case in asked["cases"]
    )
    connector = aiohttp.TCPConnector(limit=_IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:
        counts = await asyncio.gather(
            *(_ask(session, f"{url}/chat/completions", bodies) for _ in range(_IN_FLIGHT))
        )
    print(json.dumps({"answered": sum(counts)}))


if __name__ == "__main__":
    asyncio.run(_main(json.loads(Path(sys.argv[1]).read_bytes()), sys.argv[2], sys.argv[3]))
