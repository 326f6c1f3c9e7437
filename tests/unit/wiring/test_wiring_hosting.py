"""Jobs in the background of a server: in turn, steered, and taken up again after its death."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from loom.access.models import LOCAL, Principal
from loom.calls.endpoints import Endpoints
from loom.calls.limits import LimitKeys
from loom.calls.models import ModelRequest
from loom.calls.path import Route
from loom.calls.scripted import ScriptedBackend
from loom.core.clock import SystemClock
from loom.core.errors import ConflictError, ForbiddenError, LimitError, Problem, UsageError
from loom.core.ids import JobId
from loom.core.jsonvalue import Json
from loom.core.settings import load_settings
from loom.core.worker_config import WorkerConfig
from loom.delivery.models import JOBS, job_stream
from loom.engine.jobs import Once
from loom.engine.models import Steer
from loom.engine.store import lease_of, load_job
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.service import Wish
from loom.storage.database import Database
from loom.wiring.app import App
from loom.wiring.hosting import Terms
from loom.worker.target import Target, target_of

TEXT: Json = {"type": "string"}
CONFIG: Json = {
    "name": "labeller",
    "system_prompt": "Label the text.",
    "max_output_tokens": 10,
    "input_schema": {"type": "object", "required": ["text"], "properties": {"text": TEXT}},
    "output_schema": {"type": "object", "required": ["label"], "properties": {"label": TEXT}},
}


def _answer(request: ModelRequest) -> str:
    return json.dumps({"label": json.loads(request.messages[-1].text)["text"]}, separators=(",", ":"))


class Server:
    """A server's services on one store, whose only model answers when `open` is set."""

    def __init__(
        self, database: Database, route_to: Callable[..., Route], folder: Path, **settings: str
    ) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self._backend = ScriptedBackend(_answer, gate=self.open)
        self._route = route_to(self._backend)
        self._task: Target = target_of(WorkerConfig.from_mapping(CONFIG))
        loaded = load_settings({"DATA_DIR": str(folder), **settings}, folder / "config.yaml")
        self.app = App(loaded, SystemClock(), database, Endpoints(loaded, SystemClock(), concurrency=4))
        self.app.endpoints.route = self.route  # type: ignore[method-assign]
        self.host = self.app.hosting

    async def route(self, **_: Any) -> Route:
        return self._route

    @property
    def asked(self) -> int:
        return len(self._backend.requests)

    async def job(self, name: str = "a", cases: int = 4, **wish: Any) -> JobId:
        """A new evaluation, in the hands of the server."""
        opened = await self.opened(name, cases, **wish)
        await self.host.submit(opened, LOCAL)
        return opened

    async def opened(self, name: str = "a", cases: int = 4, **wish: Any) -> JobId:
        suite = Suite(
            name,
            tuple(Case(f"{name}{n}", {"text": f"{name}{n}"}, {"label": f"{name}{n}"}) for n in range(cases)),
        )
        given = {"concurrency": 2, **wish}
        return await self.app.evaluations.open(
            Wish("labeller", self._task, suite, self._route, **given), LOCAL
        )

    def state(self, job: JobId) -> str:
        return self.app.database.read_now(lambda connection: lease_of(connection, job)).state

    def reason(self, job: JobId) -> str | None:
        return self.app.database.read_now(lambda connection: load_job(connection, job)).reason


@pytest.fixture
async def serve(
    database: Database, route_to: Callable[..., Route], tmp_path: Path
) -> AsyncIterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**settings: str) -> Server:
        servers.append(Server(database, route_to, tmp_path, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.open.set()
        await server.app.aclose()
        await server.app.endpoints.aclose()


Until = Callable[[Callable[[], bool]], Awaitable[None]]


async def test_so_many_jobs_run_at_once_and_the_others_wait_in_their_order(serve, until: Until) -> None:
    server = serve(MAX_CONCURRENT_RUNS="2")
    server.open.clear()
    jobs = [await server.job(name) for name in "abcd"]
    await until(lambda: server.asked >= 4)
    assert [server.state(job) for job in jobs] == ["running", "running", "pending", "pending"]
    assert server.host.waiting == (jobs[2], jobs[3])
    server.open.set()
    await until(lambda: [server.state(job) for job in jobs] == ["completed"] * 4)


async def test_a_job_that_is_handed_over_twice_at_once_takes_one_place(serve, until: Until) -> None:
    server = serve(MAX_CONCURRENT_RUNS="2")
    server.open.clear()
    jobs = [await server.opened(name) for name in "abc"]
    await asyncio.gather(*(server.host.submit(job, LOCAL) for job in (jobs[0], *jobs)))
    await until(lambda: server.asked >= 4)
    assert sorted(server.state(job) for job in jobs) == ["pending", "running", "running"]
    server.open.set()
    await until(lambda: [server.state(job) for job in jobs] == ["completed"] * 3)
    await until(lambda: server.host.running == 0)


async def test_a_paused_job_goes_on_when_it_is_resumed_with_a_new_budget(serve, until: Until) -> None:
    server = serve()
    server.open.clear()
    job = await server.job(cases=20)
    await until(lambda: server.asked >= 2)
    await server.host.pause(job, LOCAL)
    server.open.set()
    await until(lambda: server.host.running == 0)
    assert (server.state(job), server.reason(job)) == ("paused", "paused by a person")
    await server.host.submit(job, LOCAL, Terms(budget_nano=10**9))
    await until(lambda: server.state(job) == "completed")
    assert server.asked <= 20


async def test_a_job_goes_on_that_is_resumed_in_the_moment_it_is_paused(serve, until: Until) -> None:
    server, resumed = serve(), []
    server.open.clear()
    job = await server.job(cases=20)
    await until(lambda: server.asked >= 2)

    def resume() -> None:
        if not resumed and server.state(job) == "paused":
            resumed.append(asyncio.create_task(server.host.submit(job, LOCAL)))

    server.app.database.writer.listen(resume)
    await server.host.pause(job, LOCAL)
    server.open.set()
    await until(lambda: server.state(job) == "completed")
    await resumed[0]


async def test_a_stopped_job_is_over_whether_it_runs_or_waits_or_is_paused(serve, until: Until) -> None:
    server = serve(MAX_CONCURRENT_RUNS="1")
    server.open.clear()
    running, waiting = await server.job("a"), await server.job("b")
    await until(lambda: server.asked >= 2)
    await server.host.pause(waiting, LOCAL)
    assert server.state(waiting) == "paused"
    await server.host.stop(waiting, LOCAL)
    await server.host.stop(running, LOCAL)
    server.open.set()
    await until(lambda: server.host.running == 0)
    assert [server.state(job) for job in (running, waiting)] == ["stopped", "stopped"]
    for job in (running, waiting):
        with pytest.raises(ConflictError, match="is stopped already"):
            await server.host.submit(job, LOCAL)


async def test_a_server_that_was_shut_down_goes_on_at_its_next_start(serve, until: Until) -> None:
    server = serve(MAX_CONCURRENT_RUNS="1")
    server.open.clear()
    running, waiting = await server.job("a", 20), await server.job("b")
    left_alone = await server.opened("c")
    await until(lambda: server.asked >= 2)
    closing = asyncio.create_task(server.host.aclose())
    await asyncio.sleep(0)
    server.open.set()
    await closing
    assert (server.state(running), server.state(waiting)) == ("paused", "pending")
    assert "the server was shut down" in (server.reason(running) or "")

    again = serve(MAX_CONCURRENT_RUNS="1")
    await again.host.start()
    await until(lambda: again.state(running) == again.state(waiting) == "completed")
    assert again.state(left_alone) == "pending"


async def test_what_a_killed_server_was_working_on_goes_on_at_the_next_start(
    serve, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    server.open.clear()
    job = await server.job(cases=6)
    await until(lambda: server.asked >= 2)
    monkeypatch.setattr("loom.engine.claims._THIS_PROCESS", "another")
    again = serve()
    await again.host.start()
    await until(lambda: again.state(job) == "completed")
    server.open.set()
    await until(lambda: server.host.running == 0)
    assert again.state(job) == "completed"


async def test_of_two_servers_one_works_on_a_job_and_the_other_takes_it_over_when_that_one_dies(
    serve, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loom.wiring.hosting._LOOK_S", 0.01)
    first, second = serve(MAX_CONCURRENT_RUNS="1"), serve(MAX_CONCURRENT_RUNS="1")
    first.open.clear()
    running, waiting = await first.job("a", 6), await first.job("b")
    await until(lambda: first.asked >= 2)
    await second.host.start()
    await until(
        lambda: second.state(waiting) == "completed" and not second.host.running
    )  # it had room for it
    assert second.state(running) == "running"
    monkeypatch.setattr("loom.engine.claims._THIS_PROCESS", "another")
    await until(lambda: second.state(running) == "completed")
    first.open.set()
    await until(lambda: first.host.running == 0)
    assert first.host.waiting == ()


async def test_what_a_person_has_paused_or_stopped_no_other_server_begins(
    serve, until: Until, monkeypatch
) -> None:
    monkeypatch.setattr("loom.wiring.hosting._LOOK_S", 0.01)
    first, second = serve(MAX_CONCURRENT_RUNS="1"), serve(MAX_CONCURRENT_RUNS="1")
    first.open.clear()
    second.open.clear()
    jobs = [await first.job(name, 20) for name in "abc"]
    await second.host.start()
    await until(lambda: first.asked >= 2 and second.asked >= 2)
    await second.host.stop(jobs[2], LOCAL)  # waits at the first, as far as that one knows
    await first.host.pause(jobs[0], LOCAL)
    first.open.set()
    second.open.set()
    await until(lambda: not first.host.running and not second.host.running)
    assert [first.state(job) for job in jobs] == ["paused", "completed", "stopped"]


async def test_what_a_terminal_works_on_is_steered_and_not_taken_over(serve, until: Until) -> None:
    server = serve()
    server.open.clear()
    job = await server.opened(cases=30)
    work = await server.app.evaluations.work(job)
    terminal = asyncio.create_task(work.run())
    await until(lambda: server.asked >= 2)
    with pytest.raises(ConflictError, match="is running already"):
        await server.host.submit(job, LOCAL)
    await server.host.pause(job, LOCAL)
    assert server.app.database.read_now(lambda c: lease_of(c, job)).steer == "pause"
    work.steer(Steer.PAUSE)  # as its next heartbeat does
    server.open.set()
    assert (await terminal).state == "paused"


@pytest.mark.parametrize(
    ("act", "state"), [("submit", "completed"), ("stop", "stopped"), ("pause", "paused")]
)
async def test_what_was_abandoned_elsewhere_is_taken_up_or_put_to_rest(
    serve, until: Until, act: str, state: str
) -> None:
    server = serve()
    job = await server.opened(cases=3)
    await server.app.evaluations.work(job)  # claimed, and then never heard of again
    later = server.app.clock.now_us() + 20_000_000
    server.app.clock.now_us = lambda: later  # type: ignore[method-assign]
    await getattr(server.host, act)(job, LOCAL)
    await until(lambda: server.state(job) == state)


async def test_what_was_abandoned_where_the_clock_is_wrong_is_taken_up_when_it_stays_silent(
    serve, until: Until
) -> None:
    server = serve()
    job, now_us, past_s = await server.opened(cases=3), server.app.clock.now_us, monotonic()
    server.app.clock.now_us = lambda: now_us() + 10**15  # type: ignore[method-assign]
    await server.app.evaluations.work(job)
    server.app.clock.now_us = now_us  # type: ignore[method-assign]
    with pytest.raises(ConflictError, match="is running already"):
        await server.host.submit(job, LOCAL)
    server.app.clock.monotonic = lambda: past_s + 20  # type: ignore[method-assign]
    await server.host.submit(job, LOCAL)
    await until(lambda: server.state(job) == "completed")


async def test_a_job_that_cannot_go_on_says_why_and_leaves_room_for_the_next(serve, until: Until) -> None:
    server = serve(MAX_CONCURRENT_RUNS="1")
    real = server.app.endpoints.route

    async def gone(**_: Any) -> Route:
        server.app.endpoints.route = real
        raise UsageError(Problem("the endpoint is no longer configured"))

    broken, next_one = await server.opened("a"), await server.opened("b")
    server.app.endpoints.route = gone
    await server.host.submit(broken, LOCAL)
    await server.host.submit(next_one, LOCAL)
    await until(lambda: server.state(next_one) == "completed")
    assert (server.state(broken), server.reason(broken)) == ("paused", "the endpoint is no longer configured")
    await server.host.submit(broken, LOCAL)
    await until(lambda: server.state(broken) == "completed")


async def test_the_embedded_model_computes_few_answers_at_once_so_that_pages_are_served_meanwhile(
    serve, until: Until
) -> None:
    server = serve()
    server.open.clear()
    server._route = replace(server._route, keys=LimitKeys("simulated", "m"))
    await server.job(cases=100, concurrency=50)
    await until(lambda: server.asked >= 4)
    await asyncio.sleep(0.1)
    assert server.asked == 4


async def test_a_budget_is_changed_while_the_job_runs(serve, until: Until) -> None:
    server = serve()
    server.open.clear()
    job = await server.job(cases=10)
    await until(lambda: server.asked >= 2)
    await server.host.limit(job, 12, LOCAL)  # a call reserves ten and costs one, and four are under way
    server.open.set()
    await until(lambda: server.host.running == 0)
    assert server.state(job) == "paused"
    assert "budget" in (server.reason(job) or "")


async def test_a_budget_is_refused_where_the_price_is_unknown(serve, route_to, until: Until) -> None:
    server = serve()
    job = await server.opened()
    server._route = route_to(ScriptedBackend(lambda _: "x"), None)
    with pytest.raises(LimitError, match="price of 'm' is unknown"):
        await server.host.limit(job, 25, LOCAL)


async def test_who_may_only_read_starts_and_steers_nothing(serve) -> None:
    server, reader = serve(), Principal("guest")
    job = await server.opened()
    for refused in (
        server.host.submit(job, reader),
        server.host.pause(job, reader),
        server.host.stop(job, reader),
        server.host.limit(job, 1, reader),
    ):
        with pytest.raises(ForbiddenError):
            await refused
    assert server.state(job) == "pending"


async def test_asking_twice_under_one_key_opens_one_job_even_at_the_same_moment(serve) -> None:
    server = serve()
    asked = [server.opened(once=Once("k", b"1")) for _ in range(5)]
    jobs = await asyncio.gather(*asked)
    assert len(set(jobs)) == 1
    assert await server.opened(once=Once("k", b"1")) == jobs[0]
    with pytest.raises(ConflictError, match="stands for another request already"):
        await server.opened(once=Once("k", b"2"))
    assert await server.opened(once=Once("other", b"2")) != jobs[0]


async def test_a_job_tells_its_own_stream_and_that_of_all_jobs(serve, until: Until) -> None:
    server = serve()
    job = await server.job(cases=3)
    await until(lambda: server.state(job) == "completed")
    own = await server.app.events.read(job_stream(job), LOCAL)
    assert [one.type for one in own] == ["job.started", *["execution.ended"] * 3, "job.completed"]
    assert {one.data["case"] for one in own[1:4]} == {"a0", "a1", "a2"}
    assert {(one.data["outcome"], one.data["cost_usd"]) for one in own[1:4]} == {("passed", 1e-9)}
    assert [one.type for one in await server.app.events.read(JOBS, LOCAL)] == ["job.started", "job.completed"]
