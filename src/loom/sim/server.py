"""The HTTP server: routes, access, limits, life and death. What becomes of a request is the business of `exchange`."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from loom.calls.anthropic.serving import models_json as anthropic_models
from loom.calls.ollama.serving import models_json as ollama_models
from loom.calls.openai.serving import models_json as openai_models
from loom.calls.simulated.embedding import DIMENSIONS, embed
from loom.calls.simulated.prices import cost_nano_usd
from loom.calls.simulated.sizes import SIZES
from loom.calls.simulated.tokens import text_tokens
from loom.core.errors import InputError
from loom.core.jsonvalue import Json
from loom.sim.bill import Bill, Row
from loom.sim.dialects import (
    ANTHROPIC,
    OLLAMA,
    OLLAMA_PROMPT,
    OPENAI,
    Code,
    Dialect,
    Embeds,
    RefusalError,
    spelled,
)
from loom.sim.exchange import Exchange, bad_request, parsed_body, semantic_hash, status_fault
from loom.sim.faults import FaultChooser, FaultPlan, read_plan
from loom.sim.limiter import Limiter
from loom.sim.options import SimOptions
from loom.sim.sending import send_whole

__all__ = ["RunningServer", "Sim", "create_app", "run", "serving"]

_ID_HEADER = "X-Client-Request-Id"
_SHUTDOWN_S = 2.0
_MOST_DIMENSIONS = 4096
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Work = Callable[[web.Request, Row], Awaitable[tuple[web.StreamResponse, str]]]


class Sim:
    """The state of one server: its bill, its faults, its limits."""

    def __init__(self, options: SimOptions) -> None:
        self.options = options
        self.bill = Bill(keep=options.bill_rows, path=options.bill_path)
        self._faults = FaultChooser(options.faults)
        self._limiter = Limiter(requests_per_s=options.requests_per_s, max_concurrent=options.max_concurrent)
        self._started_s = int(time.time())

    @property
    def plan(self) -> FaultPlan:
        """The faults now in force."""
        return self._faults.plan

    def use(self, plan: FaultPlan) -> None:
        """Replaces the faults; schedules start anew."""
        self._faults = FaultChooser(plan)

    def chat(self, dialect: Dialect) -> _Handler:
        """Answers conversations, spelled in `dialect`."""

        async def work(request: web.Request, row: Row) -> tuple[web.StreamResponse, str]:
            body = await _read(request, row)
            fault = self._faults.choose(row.request_hash, dialect.parameters(body))
            refusal = status_fault(fault, streamed=dialect.streamed(body))
            if refusal:
                raise refusal
            return await Exchange(request, dialect, self.options, row, body, fault).answer()

        return self._billed(work, dialect)

    def embeddings(self, dialect: Embeds) -> _Handler:
        """Embeds texts, spelled in `dialect`."""

        async def work(request: web.Request, row: Row) -> tuple[web.StreamResponse, str]:
            return await self._embedded(request, row, dialect)

        return self._billed(work, dialect)

    async def models(self, request: web.Request) -> web.Response:
        """`GET /v1/models`, in the spelling that the client's headers tell."""
        if "anthropic-version" in request.headers:
            return self._listed(request, anthropic_models(list(SIZES), self._started_s), ANTHROPIC)
        return self._listed(request, openai_models(list(SIZES), self._started_s), OPENAI)

    async def tags(self, request: web.Request) -> web.Response:
        """`GET /api/tags`."""
        return self._listed(request, ollama_models(list(SIZES), self._started_s), OLLAMA)

    def _listed(self, request: web.Request, listed: Json, dialect: Dialect) -> web.Response:
        try:
            self._admit(request)
        except RefusalError as refusal:
            return web.json_response(dialect.error(refusal, 0), status=refusal.status)
        return web.json_response(listed)

    def _billed(self, work: _Work, dialect: Dialect | Embeds) -> _Handler:
        """Runs `work` on a row of the bill, which is closed however it ends."""

        async def handle(request: web.Request) -> web.StreamResponse:
            row = self.bill.open(request.headers.get(_ID_HEADER), request.path, _now_us())
            outcome, status = "failed", 500
            try:
                response, outcome = await self._limited(request, row, work)
            except RefusalError as refusal:
                outcome, status = refusal.outcome, refusal.status
                body = spelled(dialect.error(refusal, row.n))
                return await send_whole(request, body, status=status, headers=refusal.headers)
            except (ConnectionResetError, asyncio.CancelledError):
                outcome, status = "client_gone", 0
                raise
            else:
                status = response.status
                return response
            finally:
                outcome = row.outcome or outcome
                self.bill.close(row, status=status, outcome=outcome, finished_us=_now_us())

        return handle

    async def _limited(self, request: web.Request, row: Row, work: _Work) -> tuple[web.StreamResponse, str]:
        self._admit(request)
        wait_s = self._limiter.enter()
        if wait_s is not None:
            raise RefusalError(429, "rate limit reached", headers={"Retry-After": str(wait_s)})
        try:
            return await work(request, row)
        finally:
            self._limiter.leave()

    def _admit(self, request: web.Request) -> None:
        """Refuse a request without the key, where one is required."""
        key = self.options.require_key
        given = request.headers.get("x-api-key") or request.headers.get("Authorization")
        if key is not None and given not in (key, f"Bearer {key}"):
            raise RefusalError(401, "Incorrect API key provided.", Code.KEY)

    async def _embedded(
        self, request: web.Request, row: Row, dialect: Embeds
    ) -> tuple[web.StreamResponse, str]:
        body = await _read(request, row)
        try:
            model, texts = dialect.read_embedding(body)
        except ValueError as error:
            raise bad_request(str(error)) from None
        dimensions = body.get("dimensions", DIMENSIONS)
        if not isinstance(dimensions, int) or not 0 < dimensions <= _MOST_DIMENSIONS:
            raise bad_request(f"'dimensions' must be a whole number from 1 to {_MOST_DIMENSIONS}")
        refusal = status_fault(self._faults.choose(row.request_hash, tuple(body)))
        if refusal:
            raise refusal
        vectors = embed(texts, dimensions)
        row.billed, row.input_tokens = True, sum(text_tokens(item) for item in texts)
        row.cost_nano_usd = cost_nano_usd(model, row.input_tokens, 0) if model in SIZES else 0
        answer = dialect.embeddings(vectors, model, row.input_tokens)
        return await send_whole(request, spelled(answer)), "completed"

    async def health(self, _: web.Request) -> web.Response:
        """`GET /health`."""
        return web.json_response({"status": "ok", "models": list(SIZES)})

    async def stats(self, _: web.Request) -> web.Response:
        """`GET /stats`: the bill's totals."""
        return web.json_response(self.bill.totals())

    async def stats_requests(self, request: web.Request) -> web.Response:
        """`GET /stats/requests?after=N&limit=N&id=...`: rows as JSON lines, in order of arrival."""
        try:
            after, limit = int(request.query.get("after", "0")), request.query.get("limit")
            rows = self.bill.rows(
                after=after, limit=int(limit) if limit else None, request_id=request.query.get("id")
            )
        except ValueError:
            return _wrong("'after' and 'limit' are whole numbers")
        lines = "".join(row.as_line() for row in rows)
        return web.Response(text=lines, content_type="application/x-ndjson")

    async def reset(self, _: web.Request) -> web.Response:
        """`POST /stats/reset`."""
        self.bill.reset()
        return web.json_response(self.bill.totals())

    async def get_faults(self, _: web.Request) -> web.Response:
        """`GET /faults`: the plan in force."""
        return web.json_response(self.plan.as_json())

    async def set_faults(self, request: web.Request) -> web.Response:
        """`POST /faults`: replaces the plan."""
        try:
            self.use(read_plan(await request.json()))
        except (InputError, ValueError) as error:
            return _wrong(str(error))
        return web.json_response(self.plan.as_json())


def create_app(options: SimOptions) -> web.Application:
    """The application, with a bill of its own."""
    sim = Sim(options)
    app = web.Application(client_max_size=options.max_body)
    app.add_routes(
        [
            web.post("/v1/chat/completions", sim.chat(OPENAI)),
            web.post("/v1/embeddings", sim.embeddings(OPENAI)),
            web.post("/v1/messages", sim.chat(ANTHROPIC)),
            web.get("/v1/models", sim.models),
            web.post("/api/chat", sim.chat(OLLAMA)),
            web.post("/api/generate", sim.chat(OLLAMA_PROMPT)),
            web.post("/api/embed", sim.embeddings(OLLAMA)),
            web.get("/api/tags", sim.tags),
            web.get("/health", sim.health),
            web.get("/stats", sim.stats),
            web.get("/stats/requests", sim.stats_requests),
            web.post("/stats/reset", sim.reset),
            web.get("/faults", sim.get_faults),
            web.post("/faults", sim.set_faults),
        ]
    )

    async def shut(_: web.Application) -> None:
        sim.bill.shut()

    app.on_cleanup.append(shut)
    return app


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `url` (no trailing slash)."""

    url: str


@asynccontextmanager
async def serving(options: SimOptions | None = None) -> AsyncGenerator[RunningServer]:
    """A server on a free port of the loopback address, for as long as the block lasts."""
    async with _started(replace(options or SimOptions(), host="127.0.0.1", port=0)) as server:
        yield server


def run(options: SimOptions) -> None:
    """Serves until SIGTERM or SIGINT, and says where on standard output."""
    asyncio.run(_run(options))


async def _run(options: SimOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with _started(options) as server:
        apis = "OpenAI and Anthropic APIs under /v1, Ollama's under /api, bill at /stats"
        sys.stdout.write(f"simulated models at {server.url} ({apis})\n")
        sys.stdout.flush()
        await stop.wait()


@asynccontextmanager
async def _started(options: SimOptions) -> AsyncGenerator[RunningServer]:
    runner = web.AppRunner(
        create_app(options), access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port, backlog=1024)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield RunningServer(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    finally:
        await runner.cleanup()


async def _read(request: web.Request, row: Row) -> Json:
    """The body, with its hash and model entered into the bill."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise RefusalError(413, f"the body is too large: {error.text}") from None
    body = parsed_body(raw)
    row.request_hash = semantic_hash(body)
    row.model = str(body.get("model", ""))
    return body


def _wrong(message: str) -> web.Response:
    return web.json_response(OPENAI.error(bad_request(message), 0), status=400)


def _now_us() -> int:
    return time.time_ns() // 1000
