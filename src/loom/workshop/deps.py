"""What routes ask for, by name: the services, who asks, the catalog. Lets in, or refuses, whoever was recognised."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from loom.access.models import Principal
from loom.catalog.library import Library
from loom.catalog.service import Catalog
from loom.core.errors import ForbiddenError
from loom.wiring.app import App
from loom.workshop.guard.policy import POLICY
from loom.workshop.guard.recognition import at_this_machine, unknown
from loom.workshop.options import WorkshopOptions

__all__ = ["Asker", "Definitions", "Files", "Here", "Options", "Services", "admit"]


async def services(connection: HTTPConnection) -> App:
    """The services of this Workshop."""
    return connection.app.state.services


async def options(connection: HTTPConnection) -> WorkshopOptions:
    """What this Workshop was started with."""
    return connection.app.state.options


Services = Annotated[App, Depends(services)]
Options = Annotated[WorkshopOptions, Depends(options)]


Here = Annotated[bool, Depends(at_this_machine)]


async def admit(connection: HTTPConnection, services: Services) -> None:
    """Let in whoever may use the route that was found.

    Raises:
        UnauthenticatedError: when it is not known who asks, and the route is not for everyone.
        ForbiddenError: when they may not.
    """
    scope = connection.scope
    method = "WS" if scope["type"] == "websocket" else scope["method"].replace("HEAD", "GET")
    needed = POLICY[method, scope["route"].path]
    if needed is None:
        return
    asker: Principal | None = connection.state.asker
    if asker is None:
        raise unknown(connection)
    if not asker.role.covers(needed):
        raise ForbiddenError(f"{asker.name} may {asker.role}; this asks for {needed}")
    connection.state.simulated = not await services.endpoints.connected()


async def asker(connection: HTTPConnection) -> Principal:
    """Who asks; on routes that are not for everyone."""
    return connection.state.asker


async def definitions(services: Services, options: Options) -> Catalog:
    """The workers and pipelines of this Workshop's folder, of apps, and of Loom."""
    return services.catalog(options.configs_dir)


async def files(services: Services, options: Options) -> Library:
    """Where the files of workers, pipelines and suites are."""
    return services.library(options.configs_dir)


Asker = Annotated[Principal, Depends(asker)]
Definitions = Annotated[Catalog, Depends(definitions)]
Files = Annotated[Library, Depends(files)]
