"""REST under `/api/v1`: one file per noun, JSON in and out."""

from loom.workshop.api import (
    admin,
    apps,
    auth,
    definitions,
    endpoints,
    evaluations,
    jobs,
    people,
    pipelines,
    runs,
    workers,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    admin.router,
    apps.router,
    auth.router,
    definitions.router,
    endpoints.router,
    evaluations.router,
    jobs.router,
    people.router,
    pipelines.router,
    runs.router,
    workers.router,
)
