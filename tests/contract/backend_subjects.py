"""The backends that the contract suites run over, each with something behind it that answers."""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from loom.calls.anthropic import AnthropicBackend
from loom.calls.backend import Backend
from loom.calls.credential import Credential
from loom.calls.ollama import OllamaBackend
from loom.calls.openai import OpenAIBackend
from loom.calls.scripted import ScriptedBackend
from loom.calls.simulated.backend import SimulatedBackend
from loom.sim.options import SimOptions
from loom.sim.server import serving

SECRET = "sk-contract-secret"
FIXTURES = Path(__file__).parent / "fixtures"
OVER_HTTP = {"openai": OpenAIBackend, "anthropic": AnthropicBackend, "ollama": OllamaBackend}


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend and a model that it serves."""

    backend: Backend
    model: str
    embeds: bool = True
    thinks: bool = False
    """A simulated model is behind it, which uses tools."""


@asynccontextmanager
async def scripted():
    yield Subject(ScriptedBackend(lambda request: f"heard: {request.messages[-1].text}"), "scripted")


@asynccontextmanager
async def simulated():
    yield Subject(SimulatedBackend(), "sim-large", thinks=True)


@asynccontextmanager
async def against_loom_sim(kind, options=None):
    async with serving(options or SimOptions()) as server:
        backend = OVER_HTTP[kind](server.url, Credential(SECRET))
        try:
            yield Subject(backend, "sim-large", embeds=kind != "anthropic", thinks=True)
        finally:
            await backend.aclose()


def openai_against_loom_sim():
    return against_loom_sim("openai")


def anthropic_against_loom_sim():
    return against_loom_sim("anthropic")


def ollama_against_loom_sim():
    return against_loom_sim("ollama")


@asynccontextmanager
async def _against(kind, model, routes, *, embeds=True):
    """What answers `routes`, in the shapes of the published API pages."""
    app = web.Application()
    app.add_routes(routes)
    async with TestServer(app, host="127.0.0.1") as server:
        backend = OVER_HTTP[kind](str(server.make_url("/")), Credential(SECRET))
        try:
            yield Subject(backend, model, embeds)
        finally:
            await backend.aclose()


def openai_against_fixtures():
    routes = [
        web.post("/v1/chat/completions", _completion),
        web.get("/v1/models", _models),
        web.post("/v1/embeddings", _embeddings),
    ]
    return _against("openai", "gpt-fixture", routes)


def anthropic_against_fixtures():
    routes = [
        web.post("/v1/messages", _either("anthropic/message.json", "anthropic/stream.txt")),
        web.get("/v1/models", _file("anthropic/models.json")),
    ]
    return _against("anthropic", "claude-fixture-20260101", routes, embeds=False)


def ollama_against_fixtures():
    routes = [
        web.post("/api/chat", _either("ollama/chat.json", "ollama/stream.ndjson")),
        web.get("/api/tags", _file("ollama/tags.json")),
        web.post("/api/embed", _embed),
    ]
    return _against("ollama", "llama-fixture:3b", routes)


BACKENDS = [
    scripted,
    simulated,
    openai_against_fixtures,
    openai_against_loom_sim,
    anthropic_against_fixtures,
    anthropic_against_loom_sim,
    ollama_against_fixtures,
    ollama_against_loom_sim,
]


def _file(name):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=(FIXTURES / name).read_bytes())

    return answer


def _either(whole, stream):
    """One fixture for a request that wants a whole answer, one for a stream."""

    async def answer(request: web.Request) -> web.Response:
        asked = await request.json()
        return web.Response(body=(FIXTURES / (stream if asked.get("stream") else whole)).read_bytes())

    return answer


async def _completion(request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    text = f"heard: {asked['messages'][-1]['content']}"
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    head = {"id": "chatcmpl-123", "created": 1677652288, "model": "gpt-fixture-2026-01-01"}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return web.json_response({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in text.split(" "))]
    deltas[-1] = {"content": deltas[-1]["content"].removesuffix(" ")}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({**head, "choices": [], "usage": usage})
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return web.Response(text=f"{body}data: [DONE]\n\n", content_type="text/event-stream")


async def _models(_request: web.Request) -> web.Response:
    entry = {"object": "model", "created": 1686935002, "owned_by": "owner"}
    return web.json_response(
        {"object": "list", "data": [{"id": name, **entry} for name in ("z", "gpt-fixture")]}
    )


async def _embeddings(request: web.Request) -> web.Response:
    texts = (await request.json())["input"]
    data = [
        {"object": "embedding", "index": place, "embedding": [float(len(text)), 0.5]}
        for place, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return web.json_response({"object": "list", "data": data[::-1], "model": "e", "usage": usage})


async def _embed(request: web.Request) -> web.Response:
    asked = await request.json()
    vectors = [[float(len(text)), 0.5] for text in asked["input"]]
    spent = {"total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": 8}
    return web.json_response({"model": asked["model"], "embeddings": vectors, **spent})
