"""`loom sim`: the embedded models over HTTP, with faults on request and a bill."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["sim"]


def sim(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8090,
    latency_ms: Annotated[
        float | None, typer.Option(min=0, help="Fixed wait; default: that of a real model.")
    ] = None,
    jitter_ms: Annotated[float, typer.Option(min=0, help="Up to so much more.")] = 0.0,
    tokens_per_s: Annotated[float | None, typer.Option(min=0.1, help="The pace of streams.")] = None,
    seed: Annotated[int, typer.Option(help="Of faults and jitter.")] = 0,
    requests_per_s: Annotated[
        float | None, typer.Option(min=0.1, help="Above it: 429 with Retry-After.")
    ] = None,
    max_concurrent: Annotated[int | None, typer.Option(min=1, help="Above it: 429 with Retry-After.")] = None,
    require_key: Annotated[
        str | None, typer.Option(help="The bearer token every request must carry.")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="A YAML or JSON file of faults to inject.")] = None,
    bill: Annotated[Path | None, typer.Option(help="Append every request to this JSONL file.")] = None,
    fixed_answer: Annotated[
        str | None, typer.Option(help="Answer everything with this text, at no cost.")
    ] = None,
    answer_bytes: Annotated[int | None, typer.Option(min=1, help="Pad answers to this size.")] = None,
) -> None:
    """Serve the simulated models over the OpenAI API, for tests, demos and benchmarks."""
    from loom.sim import SimOptions, run
    from loom.sim.faults import FaultPlan, load_plan

    run(
        SimOptions(
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
    )
