"""What browsers ask for: one file per noun. Each parses, calls one service, renders."""

from loom.workshop.routes import (
    apps,
    auth,
    bench,
    compare,
    definitions,
    endpoints,
    evaluate,
    find,
    jobs,
    keys,
    live,
    people,
    pipelines,
    retention,
    root,
    run_acts,
    runs,
    system,
    tiers,
    workers,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    apps.router,
    auth.router,
    bench.router,
    compare.router,
    definitions.router,
    endpoints.router,
    evaluate.router,
    find.router,
    jobs.router,
    keys.router,
    live.router,
    people.router,
    pipelines.router,
    retention.router,
    root.router,
    run_acts.router,
    runs.router,
    system.router,
    tiers.router,
    workers.router,
)
