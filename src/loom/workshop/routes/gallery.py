"""`/gallery`: every component in every state, to be looked at while one builds."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from loom.workshop.pages.gallery import gallery_page
from loom.workshop.rendering import respond

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/gallery")
def gallery(request: Request) -> Response:
    """All of them on one page."""
    return respond(request, "gallery/gallery.html", gallery_page())
