"""`loom sim`: the embedded models over HTTP, with faults on request and a bill."""

from pathlib import Path
from typing import Annotated

import typer

from loom.cli.options import finite

__all__ = ["sim"]

_HOUR_MS = 3_600_000
_MOST_BYTES = 1_000_000_000


def sim(
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 takes a free port.")] = 8090,
    latency_ms: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=_HOUR_MS,
            metavar="MS",
            help="Fixed wait; default: that of a real model.",
            callback=finite,
        ),
    ] = None,
    jitter_ms: Annotated[
        float, typer.Option(min=0, max=_HOUR_MS, metavar="MS", help="Up to so much more.", callback=finite)
    ] = 0.0,
    tokens_per_s: Annotated[
        float | None, typer.Option(min=0.1, metavar="N", help="The pace of streams.", callback=finite)
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the jitter; faults have one in their file.")] = 0,
    requests_per_s: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="N", help="Above it: 429 with Retry-After.", callback=finite),
    ] = None,
    max_concurrent: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Above it: 429 with Retry-After.")
    ] = None,
    require_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The key every request must carry.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A YAML or JSON file of faults to inject.")
    ] = None,
    bill: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append every request to this JSONL file.")
    ] = None,
    fixed_answer: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Answer everything with this text, at no cost.")
    ] = None,
    answer_bytes: Annotated[
        int | None, typer.Option(min=1, max=_MOST_BYTES, metavar="BYTES", help="Pad answers to this size.")
    ] = None,
) -> None:
    """Serve the simulated models over HTTP.

    They speak the APIs of OpenAI, Anthropic and Ollama, for tests, demos and benchmarks; with faults on request, and a
    bill at /stats.
    """
    from loom.core.errors import Problem, UsageError
    from loom.sim import SimOptions, run
    from loom.sim.faults import FaultPlan, load_plan

    options = SimOptions(
        host=host,
        port=port,
        latency_ms=latency_ms,
        jitter_ms=jitter_ms,
        tokens_per_s=tokens_per_s,
        seed=seed,
        fixed_answer=fixed_answer,
        answer_bytes=answer_bytes,
        requests_per_s=requests_per_s,
        max_concurrent=max_concurrent,
        require_key=require_key,
        faults=load_plan(faults) if faults else FaultPlan(),
        bill_path=bill,
    )
    try:
        run(options)
    except OSError as error:
        remedy = "choose another --port (0 takes a free one), --host or --bill"
        raise UsageError(Problem(f"cannot serve: {error}", remedy=remedy)) from None
