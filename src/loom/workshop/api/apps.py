"""REST: apps to list, deploy, remove and restore."""

from fastapi import APIRouter, Request

from loom.catalog.apps.folder import StoredApp
from loom.core.jsonvalue import Json
from loom.workshop.deps import Asker, Services
from loom.workshop.sent.upload import uploaded

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/apps", tags=["apps"])
_UPLOAD = {
    "type": "object",
    "required": ["zip_file"],
    "properties": {"zip_file": {"type": "string", "format": "binary"}},
}
_BODY: Json = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _UPLOAD}}}}


@router.get("")
async def apps(services: Services, asker: Asker, *, removed: bool = False) -> Json:
    """Every app, or with `removed` those that can be restored, sorted by name: `{"items", "next"}`."""
    found = await (services.apps.removed(asker) if removed else services.apps.list(asker))
    return {"items": [_shown(one) for one in found], "next": None}


@router.post("", status_code=201, openapi_extra=_BODY)
async def deploy(request: Request, services: Services, asker: Asker) -> Json:
    """Deploy the ZIP in `zip_file`, in the place of what has its name."""
    async with uploaded(request, "zip_file") as bundle:
        deployed = await services.apps.deploy(bundle, asker)
    replaced = deployed.replaced
    return {"app": deployed.manifest.model_dump(), "replaced": replaced.version if replaced else None}


@router.get("/{name}")
async def app(services: Services, asker: Asker, name: str) -> Json:
    """One of them."""
    return _shown(await services.apps.get(name, asker))


@router.delete("/{name}", status_code=204)
async def remove(services: Services, asker: Asker, name: str) -> None:
    """Take it away; `restore` brings it back."""
    await services.apps.remove(name, asker)


@router.post("/{name}/restore")
async def restore(services: Services, asker: Asker, name: str) -> Json:
    """Put back what was last replaced or removed under that name."""
    await services.apps.restore(name, asker)
    return _shown(await services.apps.get(name, asker))


def _shown(app: StoredApp) -> Json:
    manifest = app.manifest.model_dump() if app.manifest else None
    return {"name": app.name, "manifest": manifest, "problem": app.problem or None}
