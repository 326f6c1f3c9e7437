"""REST under `/api/v1`: one file per noun, JSON in and out."""

from loom.workshop.api import (
    admin,
    apps,
    auth,
    baselines,
    definitions,
    endpoints,
    evaluations,
    jobs,
    letters,
    looks,
    people,
    pipelines,
    rag,
    runs,
    suites,
    tests,
    workers,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    admin.router,
    apps.router,
    auth.router,
    baselines.router,
    definitions.router,
    endpoints.router,
    evaluations.router,
    jobs.router,
    letters.router,
    looks.router,
    people.router,
    pipelines.router,
    rag.router,
    runs.router,
    suites.router,
    tests.router,
    workers.router,
)
